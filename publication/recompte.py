"""Count again the numbers of the offres of a catalogue in which something has changed: see `decomptes`.

Only one transaction at a time counts for an organisme. It takes the marks away before it reads the records: a
change that comes later has a mark of its own.
"""

import datetime as dt
import functools
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, CharField, Count, Min, Q, QuerySet, Value, When
from django.db.models.functions import Cast, Concat, ExtractMonth, ExtractYear

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action, Offre
from edof.gardees import Donnee, Gardee, Instruction, parmi
from edof.horloge import aujourd_hui
from organismes.models import Organisme
from publication import etapes, etats
from publication.ecarts import empreinte_des_regles
from publication.etats import Etat
from publication.models import Decompte, Marque
from publication.visibilite import a_remplir, visibles, vue_de
from sessions_app.models import Session

# The lists of sessions that have a `motif`.
LISTES = {"vont_disparaitre": etats.vont_disparaitre, "a_reparer": etats.a_reparer}
_ETATS_DE = {"vont_disparaitre": (Etat.DISPARAIT, Etat.FINIT), "a_reparer": (Etat.A_REPARER,)}
NIVEAUX = ("offre", "action", "session")
# How many months are counted, the present one first.
MOIS = 12

# What is counted, in the order of `Decompte.nombres`: records by status, active sessions by `Etat`, visible
# actions, actions without session to come, sessions by month of start, those of them that are open, and the
# sessions at the steps of `SANS_ETAT`.
CASES: tuple[tuple[str, Any], ...] = (
    *((niveau, statut.value) for niveau in NIVEAUX for statut in Statut),
    *(("etat", etat.value) for etat in Etat),
    ("actions", "visibles"),
    ("actions", "sans_session"),
    *(("mois", rang) for rang in range(MOIS)),
    *(("ouvertes", rang) for rang in range(MOIS)),
    *(("etape", etape.value) for etape in etapes.SANS_ETAT),
)

# Offres counted by one statement, so that none of them lasts.
PAR_ENSEMBLE = 200

# How long one waits for somebody who is counting.
ATTENTE_AU_PLUS = "10s"

# First key of the advisory locks; the second one is the organisme. Its value is arbitrary.
VERROU = 5_2023


_PERIMEES = """
    WITH prises AS (DELETE FROM publication_marque WHERE organisme_id = %s RETURNING offre_id, action_id),
    marquees AS (SELECT offre_id FROM prises WHERE offre_id IS NOT NULL
                 UNION ALL
                 SELECT a.offre_id FROM prises JOIN catalogue_action a ON a.id = prises.action_id)
    SELECT o.id, o.pour FROM ({offres}) AS o (id, organisme_id, pour)
      LEFT JOIN publication_decompte d ON d.offre_id = o.id
     WHERE o.organisme_id = %s
       AND (d.pour IS DISTINCT FROM o.pour OR o.id IN (SELECT offre_id FROM marquees))"""


def recompter(organisme: Organisme, attente: str = ATTENTE_AU_PLUS) -> None:
    """Count again the offres of this organisme whose numbers no longer hold.

    Raises OperationalError when somebody else still counts after `attente`.
    """
    with transaction.atomic(savepoint=False), connection.cursor() as curseur:
        # Two counts at the same time could each take away marks of what only the other one has read.
        curseur.execute(
            "SELECT set_config('lock_timeout', %s, true), pg_advisory_xact_lock(%s, hashint8(%s))",
            [attente, VERROU, organisme.pk],
        )
        perimees = _perimees(aujourd_hui(), empreinte_des_regles()).lignes(organisme=organisme.pk)
        for debut in range(0, len(perimees), PAR_ENSEMBLE):
            _compter_et_garder(organisme, dict(perimees[debut : debut + PAR_ENSEMBLE]))


def _compter_et_garder(organisme: Organisme, pour: dict[int, str]) -> None:
    lignes = [
        Decompte(
            offre_id=offre,
            organisme=organisme,
            pour=pour[offre],
            nombres=[nombres[case] for case in CASES],
            motifs=motifs,
        )
        for offre, (nombres, motifs) in compter_les_offres(list(pour)).items()
    ]
    Decompte.objects.bulk_create(
        lignes,
        update_conflicts=True,
        unique_fields=["offre"],
        update_fields=["organisme", "pour", "nombres", "motifs"],
    )


def entretenir() -> None:
    """Count again, before anybody asks, what somebody has already read; forget the marks of the others."""
    lus = set(Decompte.objects.values_list("organisme", flat=True).distinct())
    marques = set(Marque.objects.values_list("organisme", flat=True).distinct())
    for organisme in Organisme.objects.filter(pk__in=lus | marques).iterator():
        if organisme.pk in lus:
            # The day of a sandbox is another one: whoever reads it counts.
            if not organisme.bac_a_sable:
                recompter(organisme)
            continue
        with transaction.atomic(), connection.cursor() as curseur:
            # Nobody counts meanwhile: whoever counts next reads what these marks are about.
            curseur.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [VERROU, organisme.pk])
            if not Decompte.objects.filter(organisme=organisme).exists():
                Marque.objects.filter(organisme=organisme).delete()


# --- Counting ---


def compter_les_offres(offres: list[int]) -> dict[int, tuple[Counter[Any], dict[str, Any]]]:
    """Return the numbers of each of these offres, and the reasons of its sessions, read from the records.

    They are read in two queries, or in one when no session has a reason.
    """
    nombres: dict[int, Counter[Any]] = {offre: Counter() for offre in offres}
    motifs: dict[int, dict[str, Any]] = {offre: {} for offre in offres}
    seule = len(offres) == 1
    lues = _lectures(aujourd_hui(), seule=seule).lignes(offres=offres[0] if seule else offres)
    for offre, famille, cle, nombre in lues:
        nombres[offre][famille, int(cle) if famille in {"mois", "ouvertes"} else cle] += nombre
        if famille == "etat":
            nombres[offre]["session", Statut.ACTIVE.value] += nombre
        if famille == "ouvertes":
            nombres[offre]["mois", int(cle)] += nombre
    lectures = []
    for liste, noms in _ETATS_DE.items():
        ont = [offre for offre, lus in nombres.items() if any(lus["etat", nom.value] for nom in noms)]
        if ont:
            lectures.append(_motifs(liste, aujourd_hui()).lignes(offres=ont))
    for lecture in lectures:
        for offre, liste, motif, *lus in lecture:
            motifs[offre].setdefault(liste, {})[motif] = lus
    return {offre: (nombres[offre], motifs[offre]) for offre in offres}


_ACTIONS = Count("action", distinct=True)


@functools.lru_cache(maxsize=32)
def _motifs(liste: str, jour: dt.date) -> Gardee[Any]:
    """Return the query of the reasons of the sessions of one of LISTES, by offre, on `jour`."""
    sessions = LISTES[liste](Session.objects.filter(parmi("action__offre", "offres")))
    comptes = {"nombre": Count("pk"), "actions": _ACTIONS, "premiere": Min("pk")}
    return Gardee(_groupes(sessions, liste, "action__offre", "motif", **comptes))


@functools.lru_cache(maxsize=64)
def _lectures(jour: dt.date, *, seule: bool) -> Gardee[Any]:
    """Return the query of the numbers of `offres`: offre, family of CASES, case, number.

    With `seule`, `offres` is the key of one: PostgreSQL then keeps the plan, which takes longer to make than
    to execute. For many, the plan depends on how many.
    """
    premiere, *autres = _toutes_les_lectures(jour, seule=seule)
    return Gardee(premiere.union(*autres, all=True))


def _toutes_les_lectures(jour: dt.date, *, seule: bool) -> Iterator[QuerySet[Any, Any]]:
    def des_offres(chemin: str) -> Q:
        return Q(**{chemin: Donnee("offres")}) if seule else parmi(chemin, "offres")

    yield _groupes(Offre.objects.filter(des_offres("pk")), "offre", "pk", "statut")
    actions = Action.objects.filter(des_offres("offre"))
    yield _groupes(actions, "action", "offre", "statut")
    sans = etats.sans_session_a_venir(actions).annotate(case=Value("sans_session"))
    yield _groupes(sans, "actions", "offre", "case")
    sessions = Session.objects.filter(des_offres("action__offre"))
    yield _groupes(sessions.exclude(statut=Statut.ACTIVE), "session", "action__offre", "statut")
    actives = sessions.filter(statut=Statut.ACTIVE).annotate(etat=etats.etat())
    yield _groupes(actives, "etat", "action__offre", "etat")
    vues = visibles(sessions).annotate(case=Value("visibles"))
    yield _groupes(vues, "actions", "action__offre", "case", nombre=_ACTIONS)
    rang = (ExtractYear("date_debut") - jour.year) * 12 + ExtractMonth("date_debut") - jour.month
    a_venir = (
        sessions.non_archivees()
        .filter(date_debut__gte=jour, date_debut__lt=mois(jour)[MOIS])
        .annotate(rang=Cast(rang, CharField()))
    )
    famille = Case(When(ouverte=True, then=Value("ouvertes")), default=Value("mois"))
    yield _groupes(a_venir, famille, "action__offre", "rang")
    yield _groupes(etapes.sans_etat(sessions), "etape", "action__offre", "etape")


def mois(jour: dt.date) -> list[dt.date]:
    """Return the first days of the month of `jour` and of the MOIS next ones."""
    return [
        dt.date(jour.year + (jour.month - 1 + n) // 12, (jour.month - 1 + n) % 12 + 1, 1)
        for n in range(MOIS + 1)
    ]


def _groupes(
    fiches: QuerySet[Any], famille: str | Case, offre: str, case: str, **comptes: Any
) -> QuerySet[Any, Any]:
    """Return the offre, the family, the case, and the number of records or these counts, of each group."""
    comptes = comptes or {"nombre": Count("pk")}
    nom = Value(famille) if isinstance(famille, str) else famille
    groupes = fiches.order_by().annotate(famille=nom).values(offre, "famille", case)
    return groupes.annotate(**comptes).values_list(offre, "famille", case, *comptes)


# --- What must be counted again ---


@functools.lru_cache(maxsize=64)
def _perimees(jour: dt.date, regles: str) -> Instruction:
    """Return the statement that takes the marks of `organisme` away, and gives what must be counted again."""
    return sur_les_offres(_PERIMEES, jour, regles, devant=1)


def sur_les_offres(
    texte: str, jour: dt.date, regles: str, *, devant: int, apres: Iterable[Donnee] = ()
) -> Instruction:
    """Return this statement with the query of the offres: key, organisme, what their numbers must be for.

    What the conditions of visibility ask of an offre depends on the calendar and on other tables, the
    certificates and the certifications: it is read each time, and not marked. `devant` is the number of
    parameters before this query, all of them the organisme, as the one after it; `apres` are the last ones.
    """
    du_lendemain = [c.q for c in a_remplir(jour + dt.timedelta(days=1)) if c.niveau == "offre"]
    etat = [Case(When(vue_de("offre", q), then=Value("1")), default=Value("0")) for q in du_lendemain]
    # Numbers that an earlier version of the program kept do not have all the cases.
    pour = Concat(Value(f"{jour} {regles[:12]} {len(CASES)} "), *etat, output_field=CharField())
    offres = Offre.objects.order_by().annotate(pour=pour).values_list("pk", "organisme", "pour")
    sql, parametres = offres.query.sql_with_params()
    organisme = Donnee("organisme")
    return Instruction(texte.format(offres=sql), [*[organisme] * devant, *parametres, organisme, *apres])
