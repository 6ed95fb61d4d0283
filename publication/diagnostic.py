"""The diagnosis « Pourquoi pas visible ? » of a session, or of all those of an action or an offre (D-23).

It evaluates the conditions of the publication.
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.db.models import Case, Count, DateField, F, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Concat, RowNumber

from catalogue.models import Fiche
from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui, demain, jour_de
from edof.templatetags.affichage import date_longue
from publication.etats import Etat, avec_etat
from publication.models import Parution
from publication.visibilite import (
    PRISE_PAR_LE_PASSAGE,
    ConditionDeVisibilite,
    a_remplir,
    avec_visibilite,
    booleen,
    conditions,
    retenue_par,
    vue_de,
)
from sessions_app.models import Session

# How many sessions are named under each reason.
NOMMEES = 5
_VISIBLE, _ATTENTE, _RETRAIT = "visible", "attente", "retrait:"
ENSUITE = "La session paraîtra le lendemain matin du jour où tout le reste sera rempli."


@dataclass(frozen=True)
class Constat:
    """The state of one condition: `etat` is "ok", "non", "attente" or "sans-objet".

    `date` is the morning that the condition waits for. `depuis` is the day since which the condition is met.
    """

    condition: ConditionDeVisibilite
    etat: str
    phrase: str
    date: dt.date | None = None
    depuis: dt.date | None = None

    @property
    def mot(self) -> str:
        """Return the French label of the state."""
        return {"ok": "Remplie", "attente": "En attente", "sans-objet": "Sans objet"}.get(
            self.etat, "Non remplie"
        )

    @property
    def slug(self) -> str:
        """Return the slug of the condition."""
        return self.condition.slug

    @property
    def qui(self) -> str:
        """Return who can act on the condition."""
        return self.condition.qui


def raison(condition: ConditionDeVisibilite, fiche: Any) -> str:
    """Return the reason why the condition is not met, as a sentence.

    `fiche` is the session, or the action or offre that the condition is about. The sentence contains the
    dates when they are known.
    """
    dates: dict[str, dt.date | None] = {}
    if isinstance(fiche, Session):
        fermee_le = fiche.fermee_le and jour_de(fiche.fermee_le)
        dates = {"date_debut": fiche.date_debut, "date_fin": fiche.date_fin, "fermee_le": fermee_le}
    if "{fin_certification}" in condition.raison_datee:
        certification = [fiche, *fiche.parents()][-1].certification
        dates["fin_certification"] = certification and certification.fin_passee
    try:
        return (
            condition.raison_datee.format(**{nom: date_longue(jour) for nom, jour in dates.items() if jour})
            or condition.raison
        )
    except KeyError:
        return condition.raison


def diagnostic(session: Session) -> list[Constat]:
    """Return every condition of the session with its state, in order, in two queries.

    The conditions are evaluated for the day of what is public, else for the day of the next run.
    """
    return constater(relire(session))


def relire(session: Session) -> Any:
    """Return the session, read again from the database with all the data that the diagnosis needs."""
    lues = _relecture(aujourd_hui()).lire(cle=session.pk)
    if not lues:
        raise Session.DoesNotExist
    return lues[0]


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _relecture(jour: dt.date) -> Gardee[Session]:
    """Return the query of `relire` on `jour`; call it on that day."""
    parution = Parution.objects.ouvertes().filter(session=OuterRef("pk")).values("du")
    sessions = Session.objects.filter(pk=Donnee("cle")).select_related("action__offre__certification")
    return Gardee(
        avec_etat(sessions).annotate(
            prise=booleen(PRISE_PAR_LE_PASSAGE.q),
            publique_depuis=Subquery(parution, output_field=DateField()),
            retenue=retenue_par(demain()),
        )
    )


def constater(session: Any) -> list[Constat]:
    """Return the conditions of a session from `relire`, with their states."""
    # A public session is evaluated as of today. When tomorrow's run withdraws it, it is evaluated as of
    # tomorrow: the condition that fails tomorrow is then the reason.
    jour = aujourd_hui() if session.prise else session.paraitra_le
    jour = demain() if session.etat in {Etat.DISPARAIT, Etat.FINIT} else jour
    liste = conditions(jour)
    (lues,) = _reponses(jour).lignes(cle=session.pk)
    tient, concerne = lues[: len(liste)], lues[len(liste) :]
    # The last one is PRISE_PAR_LE_PASSAGE.
    tout_le_reste = all(tient[:-1])
    depuis = {
        PRISE_PAR_LE_PASSAGE.slug: session.publique_depuis,
        "session-ouverte": session.ouverte_depuis and jour_de(session.ouverte_depuis),
    }
    constats = []
    for condition, tenue, concernee in zip(liste, tient, concerne, strict=True):
        if tenue and not concernee:
            constats.append(Constat(condition, "sans-objet", condition.exigence))
        elif tenue:
            constats.append(Constat(condition, "ok", condition.exigence, depuis=depuis.get(condition.slug)))
        elif condition is not PRISE_PAR_LE_PASSAGE:
            constats.append(Constat(condition, "non", raison(condition, session)))
        elif tout_le_reste:
            constats.append(Constat(condition, "attente", condition.raison, date=session.paraitra_le))
        else:
            constats.append(Constat(condition, "attente", ENSUITE))
    return constats


@lru_cache(maxsize=32)
def _reponses(jour: dt.date) -> Gardee[Session]:
    """Return the query that says whether each condition of `jour` holds, then whether it has an object."""
    liste = conditions(jour)
    qs = [*(condition.q for condition in liste), *(condition.objet or Q() for condition in liste)]
    return _reponses_a(qs, Session.objects.all())


def diagnostic_du_parent(fiche: Fiche) -> list[Constat]:
    """Return the conditions about this offre, or about this action and its offre, with their states.

    They are evaluated as the next run will read them, in one query.
    """
    liste = _du_parent(fiche.nom_de_niveau, demain())
    (etats,) = _reponses_du_parent(type(fiche), demain()).lignes(cle=fiche.pk)
    return [
        (
            Constat(condition, "ok", condition.exigence)
            if tient
            else Constat(condition, "non", raison(condition, fiche))
        )
        for condition, tient in zip(liste, etats, strict=True)
    ]


def _du_parent(niveau: str, jour: dt.date) -> list[ConditionDeVisibilite]:
    """Return the conditions of the run of `jour` about an offre, or about an action and its offre."""
    niveaux = {"offre": ("offre",), "action": ("offre", "action")}[niveau]
    return [condition for condition in a_remplir(jour) if condition.niveau in niveaux]


@lru_cache(maxsize=32)
def _reponses_du_parent(modele: type[Fiche], jour: dt.date) -> Gardee[Any]:
    """Return the query that says whether each of these conditions holds for the record `cle`."""
    niveau = str(modele._meta.model_name)
    return _reponses_a([vue_de(niveau, c.q) for c in _du_parent(niveau, jour)], modele.objects.all())


def _reponses_a(qs: list[Q], fiches: QuerySet[Any]) -> Gardee[Any]:
    """Return the query that says whether each condition holds for the record `cle`."""
    colonnes = {f"c{rang}": booleen(q) if q else Value(True) for rang, q in enumerate(qs)}
    return Gardee(fiches.filter(pk=Donnee("cle")).annotate(**colonnes).values_list(*colonnes))


@dataclass(frozen=True)
class RaisonDAbsence:
    """A reason for which sessions are not visible, or will be withdrawn tomorrow.

    `nombre` counts the sessions for which it is the first unmet condition. `sessions` contains the first of
    them, NOMMEES at most.
    """

    condition: ConditionDeVisibilite
    nombre: int
    sessions: list[Session]

    @property
    def reste(self) -> int:
        """Return the number of sessions that are not named."""
        return self.nombre - len(self.sessions)


@dataclass(frozen=True)
class Resume:
    """The state of the sessions of an action or of an offre, archived ones excluded.

    `visibles` is the number of visible sessions, and `retraits` gives the reasons for which tomorrow's run
    withdraws some of them. `attente` gives the number of sessions that wait for each morning. `raisons` gives
    the reasons why the other sessions are not visible.
    """

    visibles: int
    retraits: list[RaisonDAbsence]
    attente: list[tuple[dt.date, int]]
    raisons: list[RaisonDAbsence]

    @property
    def en_attente(self) -> int:
        """Return the number of sessions that wait for a morning."""
        return sum(nombre for _, nombre in self.attente)

    @property
    def disparaissent(self) -> int:
        """Return the number of visible sessions that will not be visible tomorrow."""
        return sum(raison.nombre for raison in self.retraits)

    @property
    def alertes(self) -> int:
        """Return the number of visible sessions that tomorrow's run withdraws unexpectedly."""
        return sum(raison.nombre for raison in self.retraits if not raison.condition.ordinaire)

    @property
    def non_visibles(self) -> int:
        """Return the number of sessions that are held back."""
        return sum(raison.nombre for raison in self.raisons)


def resumer(fiche: Fiche) -> Resume:
    """Return the state of the sessions of this action or offre, in one query whatever their number."""
    groupes: dict[str, dict[dt.date, list[Any]]] = defaultdict(lambda: defaultdict(list))
    chemin = {"offre": "action__offre", "action": "action"}[fiche.nom_de_niveau]
    for session in _par_groupe(chemin, aujourd_hui()).lire(cle=fiche.pk):
        groupes[session.groupe][session.paraitra_le].append(session)
    nombre = {(nom, jour): liste[0].parmi for nom, jours in groupes.items() for jour, liste in jours.items()}

    def raisons(debut: str = "") -> list[RaisonDAbsence]:
        trouvees = []
        for condition in a_remplir(demain()):
            if jours := groupes.get(nom := debut + condition.slug):
                nommees = [session for liste in jours.values() for session in liste][:NOMMEES]
                trouvees.append(RaisonDAbsence(condition, sum(nombre[nom, jour] for jour in jours), nommees))
        return trouvees

    attente = sorted((jour, nombre[_ATTENTE, jour]) for jour in groupes.get(_ATTENTE, ()))
    visibles = sum(n for (nom, _), n in nombre.items() if nom == _VISIBLE or nom.startswith(_RETRAIT))
    return Resume(visibles, raisons(_RETRAIT), attente, raisons())


@lru_cache(maxsize=32)
def _par_groupe(chemin: str, jour: dt.date) -> Gardee[Session]:
    """Return the query of `resumer` on `jour`, for the record `cle` above the sessions; call it on that day.

    It gives the first sessions of each group, NOMMEES at most, with the number of those of the group.
    """
    groupe = Case(
        When(est_visible=True, sera_visible=True, then=Value(_VISIBLE)),
        When(est_visible=True, then=Concat(Value(_RETRAIT), retenue_par(demain()))),
        When(sera_visible=True, then=Value(_ATTENTE)),
        default=retenue_par(demain()),
    )
    par_groupe = {"partition_by": [F("groupe"), F("paraitra_le")]}
    sessions = avec_visibilite(Session.objects.filter(**{chemin: Donnee("cle")}).non_archivees())
    return Gardee(
        sessions.annotate(groupe=groupe)
        .annotate(
            parmi=Window(Count("*"), **par_groupe),
            rang_du_groupe=Window(
                RowNumber(), order_by=[F("date_debut").asc(nulls_last=True), F("pk").asc()], **par_groupe
            ),
        )
        .filter(rang_du_groupe__lte=NOMMEES)
        .order_by("rang_du_groupe")
    )
