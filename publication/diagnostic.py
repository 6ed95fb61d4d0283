"""« Pourquoi pas visible ? »: the conditions of the publication read on one session, or on all those of an
action or of an offre (D-23).
"""

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.db.models import Case, Count, DateField, F, OuterRef, Q, QuerySet, Subquery, Value, When, Window
from django.db.models.functions import Concat, RowNumber

from catalogue.models import Fiche
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
    """One condition: `etat` is « ok », « non », « attente » or « sans-objet ».

    `date`, the morning it waits for; `depuis`, since when it holds.
    """

    condition: ConditionDeVisibilite
    etat: str
    phrase: str
    date: dt.date | None = None
    depuis: dt.date | None = None

    @property
    def mot(self) -> str:
        """Its state, in a word."""
        return {"ok": "Remplie", "attente": "En attente", "sans-objet": "Sans objet"}.get(
            self.etat, "Non remplie"
        )

    @property
    def slug(self) -> str:
        """The name of the condition."""
        return self.condition.slug

    @property
    def qui(self) -> str:
        """Who can act."""
        return self.condition.qui


def raison(condition: ConditionDeVisibilite, fiche: Any) -> str:
    """Why it does not hold for this session, or the action or offre it speaks of: with dates when they are
    known.
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
    """Every condition with its state, in order, in two queries: on the day of what is public, else on that of
    the next run.
    """
    return constater(relire(session))


def relire(session: Session) -> Any:
    """The session as the database holds it, with all that the diagnosis asks of it."""
    parution = Parution.objects.filter(session=OuterRef("pk"), au__isnull=True).values("du")
    return (
        avec_etat(Session.objects.filter(pk=session.pk).select_related("action__offre__certification"))
        .annotate(
            prise=booleen(PRISE_PAR_LE_PASSAGE.q),
            publique_depuis=Subquery(parution, output_field=DateField()),
            retenue=retenue_par(demain()),
        )
        .get()
    )


def constater(session: Any) -> list[Constat]:
    """The conditions of a session that `relire` gave, with their states."""
    # What is public is read as of today, unless tomorrow takes it away: what fails tomorrow is then the
    # reason.
    jour = aujourd_hui() if session.prise else session.paraitra_le
    liste = conditions(demain() if session.etat in {Etat.DISPARAIT, Etat.FINIT} else jour)
    qs = [*(condition.q for condition in liste), *(condition.objet or Q() for condition in liste)]
    lues = _lire(qs, Session.objects.filter(pk=session.pk))
    tient = dict(zip(liste, lues[: len(liste)], strict=True))
    concerne = dict(zip(liste, lues[len(liste) :], strict=True))
    tout_le_reste = all(tient[condition] for condition in liste if condition is not PRISE_PAR_LE_PASSAGE)
    depuis = {
        PRISE_PAR_LE_PASSAGE.slug: session.publique_depuis,
        "session-ouverte": session.ouverte_depuis and jour_de(session.ouverte_depuis),
    }
    constats = []
    for condition in liste:
        if tient[condition] and not concerne[condition]:
            constats.append(Constat(condition, "sans-objet", condition.exigence))
        elif tient[condition]:
            constats.append(Constat(condition, "ok", condition.exigence, depuis=depuis.get(condition.slug)))
        elif condition is not PRISE_PAR_LE_PASSAGE:
            constats.append(Constat(condition, "non", raison(condition, session)))
        elif tout_le_reste:
            constats.append(Constat(condition, "attente", condition.raison, date=session.paraitra_le))
        else:
            constats.append(Constat(condition, "attente", ENSUITE))
    return constats


def diagnostic_du_parent(fiche: Fiche) -> list[Constat]:
    """The conditions that speak of this offre, or of this action and its offre, as the next run will read
    them; in one query.
    """
    niveau = fiche.nom_de_niveau
    niveaux = {"offre": ("offre",), "action": ("offre", "action")}[niveau]
    liste = [condition for condition in a_remplir(demain()) if condition.niveau in niveaux]
    etats = _lire(
        [vue_de(niveau, condition.q) for condition in liste], type(fiche).objects.filter(pk=fiche.pk)
    )
    return [
        (
            Constat(condition, "ok", condition.exigence)
            if tient
            else Constat(condition, "non", raison(condition, fiche))
        )
        for condition, tient in zip(liste, etats, strict=True)
    ]


def _lire(qs: list[Q], fiche: QuerySet[Any]) -> tuple[bool, ...]:
    """Whether each condition holds for the one record of this set."""
    colonnes = {f"c{rang}": booleen(q) if q else Value(True) for rang, q in enumerate(qs)}
    return fiche.annotate(**colonnes).values_list(*colonnes).get()


@dataclass(frozen=True)
class Raison:
    """Why so many sessions are not visible, the first reason of each, and the first of them."""

    condition: ConditionDeVisibilite
    nombre: int
    sessions: list[Session]

    @property
    def reste(self) -> int:
        """How many are not named."""
        return self.nombre - len(self.sessions)


@dataclass(frozen=True)
class Resume:
    """The sessions of an action or of an offre that are not archived.

    How many are visible, and which of them tomorrow takes away; how many wait for a morning, or are not
    visible, and why.
    """

    visibles: int
    retraits: list[Raison]
    attente: list[tuple[dt.date, int]]
    raisons: list[Raison]

    @property
    def en_attente(self) -> int:
        """How many wait."""
        return sum(nombre for _, nombre in self.attente)

    @property
    def disparaissent(self) -> int:
        """How many of the visible ones will not be tomorrow."""
        return sum(raison.nombre for raison in self.retraits)

    @property
    def alertes(self) -> int:
        """How many of them go without anybody expecting it."""
        return sum(raison.nombre for raison in self.retraits if not raison.condition.ordinaire)

    @property
    def non_visibles(self) -> int:
        """How many are held back."""
        return sum(raison.nombre for raison in self.raisons)


def resumer(fiche: Fiche) -> Resume:
    """Where the sessions of this action or offre stand, in one query whatever their number."""
    chemin = {"offre": "action__offre", "action": "action"}[fiche.nom_de_niveau]
    groupe = Case(
        When(est_visible=True, sera_visible=True, then=Value(_VISIBLE)),
        When(est_visible=True, then=Concat(Value(_RETRAIT), retenue_par(demain()))),
        When(sera_visible=True, then=Value(_ATTENTE)),
        default=retenue_par(demain()),
    )
    par_groupe = {"partition_by": [F("groupe"), F("paraitra_le")]}
    sessions = (
        avec_visibilite(Session.objects.filter(**{chemin: fiche.pk}).non_archivees())
        .annotate(groupe=groupe)
        .annotate(
            parmi=Window(Count("*"), **par_groupe),
            rang_du_groupe=Window(
                RowNumber(), order_by=[F("date_debut").asc(nulls_last=True), F("pk").asc()], **par_groupe
            ),
        )
        .filter(rang_du_groupe__lte=NOMMEES)
        .order_by("rang_du_groupe")
    )
    groupes: dict[str, dict[dt.date, list[Any]]] = defaultdict(lambda: defaultdict(list))
    for session in sessions:
        groupes[session.groupe][session.paraitra_le].append(session)
    nombre = {(nom, jour): liste[0].parmi for nom, jours in groupes.items() for jour, liste in jours.items()}

    def raisons(debut: str = "") -> list[Raison]:
        trouvees = []
        for condition in a_remplir(demain()):
            if jours := groupes.get(nom := debut + condition.slug):
                nommees = [session for liste in jours.values() for session in liste][:NOMMEES]
                trouvees.append(Raison(condition, sum(nombre[nom, jour] for jour in jours), nommees))
        return trouvees

    attente = sorted((jour, nombre[_ATTENTE, jour]) for jour in groupes.get(_ATTENTE, ()))
    visibles = sum(n for (nom, _), n in nombre.items() if nom == _VISIBLE or nom.startswith(_RETRAIT))
    return Resume(visibles, raisons(_RETRAIT), attente, raisons())
