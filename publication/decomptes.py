"""The numbers of a catalogue, kept by offre and counted again when something of the offre has changed.

What is kept is never guessed: it is what `etats` and `visibilite` answered, in a row of `Decompte`. The row
holds for one day, for the rules and for the state of the offre that it names, and until a `Marque` says that
a record of the offre has changed. The transaction that changes a record inserts the mark, so that whoever
sees the change sees the mark.

Whoever reads the numbers first counts what is marked: an offre or two after an edit, every offre on the first
visit of a day. Only one transaction at a time counts for an organisme. It takes the marks away before it
reads the records: a change that comes later has a mark of its own.
"""

import datetime as dt
import functools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
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
_RANG = {case: rang for rang, case in enumerate(CASES)}

# Offres counted by one statement, so that none of them lasts.
PAR_ENSEMBLE = 200

# First key of the advisory locks; the second one is the organisme. Its value is arbitrary.
VERROU = 5_2023


@dataclass(frozen=True)
class Decomptes:
    """The numbers of an organisme, today.

    `motifs` gives, for each list of LISTES and each reason, the number of sessions, that of their actions,
    and the key of the first session.
    """

    # Number of records by level, then by status.
    par_niveau: dict[str, Counter[str]]
    # Active sessions, by `Etat`.
    par_etat: dict[str, int]
    # Sessions that are not archived, by `Etape`.
    par_etape: dict[str, int]
    # Offres that are not archived, or that contain a record that is not.
    offres: int
    # Offres that have the status, or that contain a record that has it.
    offres_par_statut: Counter[str]
    actions_visibles: int
    actions_sans_session: int
    # Key of an offre that the public sees.
    offre_visible: int | None
    # Keys of the offres that hold sessions that appear tomorrow, and of those that hold actions without
    # session to come.
    offres_qui_attendent: list[int]
    offres_sans_session: list[int]
    # Sessions that start in each of the next MOIS months: all of them, and those that are open.
    par_mois: list[tuple[int, int]]
    motifs: dict[str, dict[str, tuple[int, int, int]]]


def decompter(organisme: Organisme) -> Decomptes:
    """Return the numbers of this organisme, exact, in one query when nothing has changed."""
    perimees, lus = _lire(organisme)
    if perimees:
        recompter(organisme)
        # What others change meanwhile is for the next reader.
        _, lus = _lire(organisme)
    return lus


def recompter(organisme: Organisme) -> None:
    """Count again the offres of this organisme whose numbers no longer hold."""
    with transaction.atomic(savepoint=False), connection.cursor() as curseur:
        # Two counts at the same time could each take away marks of what only the other one has read.
        curseur.execute("SELECT pg_advisory_xact_lock(%s, hashint8(%s))", [VERROU, organisme.pk])
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


# --- Reading ---

# Written once: the numbers are read at each page of the catalogue.
_MARQUEES = """
    SELECT offre_id FROM publication_marque WHERE organisme_id = %s AND offre_id IS NOT NULL
    UNION ALL
    SELECT a.offre_id FROM publication_marque m JOIN catalogue_action a ON a.id = m.action_id
     WHERE m.organisme_id = %s"""
_PERIMEES = """
    WITH prises AS (DELETE FROM publication_marque WHERE organisme_id = %s RETURNING offre_id, action_id),
    marquees AS (SELECT offre_id FROM prises WHERE offre_id IS NOT NULL
                 UNION ALL
                 SELECT a.offre_id FROM prises JOIN catalogue_action a ON a.id = prises.action_id)
    SELECT o.id, o.pour FROM ({offres}) AS o (id, organisme_id, pour)
      LEFT JOIN publication_decompte d ON d.offre_id = o.id
     WHERE o.organisme_id = %s
       AND (d.pour IS DISTINCT FROM o.pour OR o.id IN (SELECT offre_id FROM marquees))"""


def _total(*rangs: int) -> str:
    return " + ".join(f"d.nombres[{rang + 1}]" for rang in rangs)


def _offres_qui_ont(statuts: list[str]) -> str:
    rangs = [_RANG[niveau, statut] for niveau in NIVEAUX for statut in statuts]
    return f"count(*) FILTER (WHERE {_total(*rangs)} > 0)"


_PRESENTS = [statut.value for statut in Statut if statut != Statut.ARCHIVEE]
_SOMMES = ", ".join(
    [
        *(f"sum(d.nombres[{rang + 1}])" for rang in range(len(CASES))),
        _offres_qui_ont(_PRESENTS),
        *(_offres_qui_ont([statut.value]) for statut in Statut),
    ]
)
_LECTURE = f"""
    SELECT count(*) FILTER (WHERE d.pour IS DISTINCT FROM o.pour OR o.id IN ({_MARQUEES})),
           array_agg(d.motifs) FILTER (WHERE d.motifs <> '{{{{}}}}'),
           array_agg(o.id ORDER BY o.id) FILTER (WHERE d.nombres[{_RANG["etat", Etat.ATTEND.value] + 1}] > 0),
           array_agg(o.id ORDER BY o.id) FILTER (WHERE d.nombres[{_RANG["actions", "sans_session"] + 1}] > 0),
           min(o.id) FILTER (WHERE d.nombres[{_RANG["actions", "visibles"] + 1}] > 0),
           {_SOMMES}
      FROM ({{offres}}) AS o (id, organisme_id, pour) LEFT JOIN publication_decompte d ON d.offre_id = o.id
     WHERE o.organisme_id = %s"""


@functools.lru_cache(maxsize=64)
def _lecture(jour: dt.date, regles: str) -> Instruction:
    """Return the statement that sums what is kept of `organisme`, when it holds for `jour`."""
    return _sur_les_offres(_LECTURE, jour, regles, devant=2)


@functools.lru_cache(maxsize=64)
def _perimees(jour: dt.date, regles: str) -> Instruction:
    """Return the statement that takes the marks of `organisme` away, and gives what must be counted again."""
    return _sur_les_offres(_PERIMEES, jour, regles, devant=1)


def _sur_les_offres(texte: str, jour: dt.date, regles: str, *, devant: int) -> Instruction:
    """Return this statement with the query of the offres: key, organisme, what their numbers must be for.

    What the conditions of visibility ask of an offre depends on the calendar and on other tables, the
    certificates and the certifications: it is read each time, and not marked. `devant` is the number of
    parameters before this query, all of them the organisme, as the last one.
    """
    du_lendemain = [c.q for c in a_remplir(jour + dt.timedelta(days=1)) if c.niveau == "offre"]
    etat = [Case(When(vue_de("offre", q), then=Value("1")), default=Value("0")) for q in du_lendemain]
    # Numbers that an earlier version of the program kept do not have all the cases.
    pour = Concat(Value(f"{jour} {regles[:12]} {len(CASES)} "), *etat, output_field=CharField())
    offres = Offre.objects.order_by().annotate(pour=pour).values_list("pk", "organisme", "pour")
    sql, parametres = offres.query.sql_with_params()
    organisme = Donnee("organisme")
    return Instruction(texte.format(offres=sql), [*[organisme] * devant, *parametres, organisme])


def _lire(organisme: Organisme) -> tuple[int, Decomptes]:
    """Return how many offres have numbers that no longer hold, and the sum of what is kept."""
    (ligne,) = _lecture(aujourd_hui(), empreinte_des_regles()).lignes(organisme=organisme.pk)
    perimees, motifs, attendent, sans_session, visible, *lus = ligne
    nombres = [nombre or 0 for nombre in lus]
    case = dict(zip(CASES, nombres, strict=False))
    par_motif: dict[str, dict[str, tuple[int, int, int]]] = {liste: {} for liste in LISTES}
    for texte in motifs or ():
        for liste, de_l_offre in json.loads(texte).items():
            for motif, (nombre, actions, premiere) in de_l_offre.items():
                n, a, p = par_motif[liste].get(motif, (0, 0, premiere))
                par_motif[liste][motif] = (n + nombre, a + actions, min(p, premiere))
    presentes, *par_statut = nombres[len(CASES) :]
    par_niveau = {niveau: Counter({s.value: case[niveau, s.value] for s in Statut}) for niveau in NIVEAUX}
    par_etat = {etat.value: case["etat", etat.value] for etat in Etat}
    sans_etat = {etape.value: case["etape", etape.value] for etape in etapes.SANS_ETAT}
    return perimees, Decomptes(
        par_niveau=par_niveau,
        par_etat=par_etat,
        par_etape=etapes.selon_les_etats(par_niveau["session"], par_etat, sans_etat),
        offres=presentes,
        offres_par_statut=Counter(dict(zip((s.value for s in Statut), par_statut, strict=True))),
        actions_visibles=case["actions", "visibles"],
        actions_sans_session=case["actions", "sans_session"],
        offre_visible=visible,
        offres_qui_attendent=attendent or [],
        offres_sans_session=sans_session or [],
        par_mois=[(case["mois", rang], case["ouvertes", rang]) for rang in range(MOIS)],
        motifs=par_motif,
    )
