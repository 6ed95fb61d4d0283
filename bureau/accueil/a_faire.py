"""Lists of what there is to do today in the catalogue of an organisme, one list per kind of work.

Each record comes with its reason and its button. A list is shown whole on its own page. The home page shows
its first records, in a constant number of queries.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, lru_cache, partial, reduce
from operator import or_
from typing import Any

from django.db.models import Case, Count, F, Prefetch, Q, QuerySet, When
from django.urls import reverse
from django.utils.text import Truncator

from bureau.menu import est_programmable, url_de
from bureau.publication.gestes import Geste, gestes
from bureau.sessions.adresses import des_sessions
from catalogue.cycle_de_vie import Statut, refus_de
from catalogue.models import Action, Fiche
from edof.gardees import Gardee, parmi
from edof.horloge import aujourd_hui, demain
from edof.templatetags.affichage import date_longue, periode
from organismes.droits import Operation, role_permet
from organismes.models import Membre, Organisme
from organismes.models.organisme import ORGANISME_DONNE
from publication import etats, visibilite
from publication.diagnostic import raison
from publication.etapes import Etape
from publication.visibilite import ConditionDeVisibilite
from sessions_app.models import Programmation, Session

# Number of records that the home page shows: for an urgent list, and for any other list.
D_ABORD, ENSUITE = 10, 5
DEPUIS = dt.timedelta(days=7)
D_ICI = dt.timedelta(days=14)


@dataclass(frozen=True)
class LigneAFaire:
    """A record to look at: its context, the reason, and the button that settles it if the role allows it."""

    fiche: Fiche
    contexte: str
    phrase: str
    icone: str
    bouton: Geste | None = None
    alerte: bool = False
    # URL of the form that dismisses the line, when it is dismissed by hand.
    ecarter: str = ""

    @property
    def url(self) -> str:
        """Return the URL of the record, read-only."""
        return url_de(self.fiche, Operation.CONSULTER)


@dataclass(frozen=True)
class Liste:
    """A kind of work, with its records.

    `titre` is its title and `vide` the message shown when there is no record. `fiches` returns the records of
    an organisme, in order; `ligne` builds the line of a record for a member; `nombre` is the number of
    records that the home page shows.
    """

    slug: str
    titre: str
    vide: str
    fiches: Callable[[Organisme], QuerySet[Any]]
    ligne: Callable[[Any, Membre], LigneAFaire]
    nombre: int = ENSUITE


@dataclass(frozen=True)
class Apercu:
    """The first lines of a list, with the total number of its records and the URL of the whole list."""

    slug: str
    titre: str
    vide: str
    lignes: list[LigneAFaire]
    total: int
    url: str
    # The URL of its sessions as a table, for a list of sessions, and their number.
    table: str = ""
    sessions: int = 0

    @property
    def reste(self) -> int:
        """Return the number of records that are not shown."""
        return self.total - len(self.lignes)


def apercu(liste: Liste, membre: Membre, total: int, offres: list[int] | None = None) -> Apercu:
    """Return the first records of a list, in one query.

    `total` is the number of its records. `offres` are the keys of the offres that hold them all, which spares
    the database from looking for them elsewhere.
    """
    lignes = []
    if total:
        premieres = _premieres(liste.slug, aujourd_hui(), par_offre=offres is not None)
        fiches = premieres.lire(organisme=membre.organisme_id, offres=offres)
        lignes = [liste.ligne(fiche, membre) for fiche in fiches]
    # Somebody may have changed a record since they were counted.
    total = max(total, len(lignes))
    url, table = reverse("a_faire", args=[liste.slug]), _tables(aujourd_hui()).get(liste.slug, "")
    return Apercu(liste.slug, liste.titre, liste.vide, lignes, total, url, table, total)


# For each list, some days: around midnight requests are of the day before, those of sandboxes of others.
@lru_cache(maxsize=24)
def _premieres(slug: str, jour: dt.date, *, par_offre: bool) -> Gardee[Any]:
    """Return the query of the first records of this list on `jour`; call it on that day.

    They are those of `organisme`; with `par_offre`, those of these `offres` of it.
    """
    liste = LISTES[slug]
    fiches = liste.fiches(ORGANISME_DONNE)
    if par_offre:
        fiches = fiches.filter(parmi("offre" if fiches.model is Action else "action__offre", "offres"))
    return Gardee(fiches[: liste.nombre])


def du_moment(membre: Membre) -> list[Apercu]:
    """Return the lists of the sessions of the moment that are not empty; all are counted in one query."""
    totaux = dict.fromkeys(_du_moment(), 0)
    for lus in _combien_du_moment(aujourd_hui()).lignes(organisme=membre.organisme_id):
        totaux = dict(zip(totaux, lus, strict=True))
    return [apercu(LISTES[slug], membre, total) for slug, total in totaux.items() if total]


@lru_cache(maxsize=16)
def _combien_du_moment(jour: dt.date) -> Gardee[Session]:
    """Return the query of the numbers of the sessions of the moment on `jour`; call it on that day."""
    comptes = {slug: Count("pk", filter=q) for slug, q in _du_moment().items()}
    actives = Session.objects.pour_organisme(ORGANISME_DONNE).filter(statut=Statut.ACTIVE)
    # Two ranges of dates, each of which has its index.
    d_alors = actives.filter(reduce(or_, _du_moment().values())).order_by()
    return Gardee(d_alors.values("organisme").annotate(**comptes).values_list(*comptes))


# --- Sessions ---


PARENTS = ("action__offre", "action__lieu_de_formation", "contact_inscription", "adresse_inscription")


def _sessions(organisme: Organisme) -> QuerySet[Session]:
    return Session.objects.pour_organisme(organisme).select_related(*PARENTS)


def _non_visibles(organisme: Organisme) -> QuerySet[Session]:
    """Return the sessions that should be visible, nearest first, then those without dates."""
    return etats.a_reparer(_sessions(organisme)).order_by(F("date_debut").asc(nulls_last=True), "pk")


def _vont_disparaitre(organisme: Organisme) -> QuerySet[Session]:
    """Return the sessions that disappear tomorrow: first the unexpected cases, then those that begin."""
    commence = Case(When(date_debut__lte=aujourd_hui(), then=1), default=0)
    partent = etats.vont_disparaitre(_sessions(organisme))
    return partent.order_by(commence, F("date_debut").asc(nulls_last=True), "pk")


def _a_paraitre(organisme: Organisme) -> QuerySet[Session]:
    return visibilite.avec_visibilite(visibilite.a_paraitre(_sessions(organisme))).order_by(
        "ouverte_depuis", "pk"
    )


def _du_moment() -> dict[str, Q]:
    """Return the condition of each list of the sessions of the moment, besides being active."""
    jour = aujourd_hui()
    return {
        "commencees": Q(date_debut__gt=jour - DEPUIS, date_debut__lte=jour),
        "se_terminent": Q(date_fin__gte=jour, date_fin__lte=jour + D_ICI),
        "terminees": Q(date_fin__gte=jour - DEPUIS, date_fin__lt=jour),
    }


@lru_cache(maxsize=16)
def _tables(jour: dt.date) -> dict[str, str]:
    """Return the URL of « Sessions » with the filters that give each of these lists on `jour`."""
    active, un = Statut.ACTIVE.value, dt.timedelta(days=1)
    return {
        "a_paraitre": des_sessions(etape=Etape.DEMAIN),
        "commencees": des_sessions(statut=active, debut_du=jour - DEPUIS + un, debut_au=jour),
        "se_terminent": des_sessions(statut=active, fin_du=jour, fin_au=jour + D_ICI),
        "terminees": des_sessions(statut=active, fin_du=jour - DEPUIS, fin_au=jour - un),
    }


def _du_moment_dans_l_ordre(slug: str, ordre: str, organisme: Organisme) -> QuerySet[Session]:
    actives = _sessions(organisme).filter(statut=Statut.ACTIVE)
    return actives.filter(_du_moment()[slug]).order_by(ordre, "pk")


def sous(action: Action) -> str:
    """Return the shortened title of the offre, and the town of the action."""
    return f"{Truncator(action.offre.intitule or 'Offre sans intitulé').chars(56)} · {action.ville}"


def _bouton(
    fiche: Fiche, operation: Operation, libelle: str, membre: Membre, *, post: bool = False, ancre: str = ""
) -> Geste | None:
    """Return the button of an operation, or None when the role of the member does not allow it."""
    return (
        Geste(libelle, url_de(fiche, operation) + ancre, post)
        if role_permet(membre.role, operation)
        else None
    )


def _ligne_non_visible(session: Any, membre: Membre) -> LigneAFaire:
    condition = {c.slug: c for c in visibilite.a_remplir(demain())}[session.motif]
    phrase = raison(condition, session) + qui_peut_agir(condition)
    bouton = None if condition.ordinaire else _reparation(condition, session, membre)
    icone = "clock" if condition.ordinaire else condition.icone
    return LigneAFaire(session, sous(session.action), phrase, icone, bouton, alerte=not condition.ordinaire)


def qui_peut_agir(condition: ConditionDeVisibilite) -> str:
    """Return the sentence that says who can act, empty when it is the organisme itself."""
    if condition.qui == visibilite.ORGANISME:
        return ""
    return f" Qui peut agir : {condition.qui[0].lower()}{condition.qui[1:]}."


def _reparation(condition: ConditionDeVisibilite, session: Session, membre: Membre) -> Geste | None:
    return next((geste for geste in gestes(condition, session, membre) if not geste.refus), None)


def _ligne_a_paraitre(session: Session, membre: Membre) -> LigneAFaire:
    phrase = f"{periode(session)} : visible le {date_longue(visibilite.visible_le(session))} au matin."
    return LigneAFaire(session, sous(session.action), phrase, "clock")


def _ligne_commencee(session: Session, membre: Membre) -> LigneAFaire:
    debut = f"A commencé le {date_longue(session.date_debut)}"
    if not session.ouverte:
        phrase = f"{debut} ; elle est fermée à l'inscription."
        return LigneAFaire(session, sous(session.action), phrase, "flag")
    bouton = _bouton(session, Operation.FERMER, "Fermer à l'inscription", membre, post=True)
    return LigneAFaire(
        session, sous(session.action), f"{debut} ; elle est encore ouverte à l'inscription.", "flag", bouton
    )


def _ligne_de_fin(verbe: str, icone: str, session: Session, membre: Membre) -> LigneAFaire:
    bouton = _bouton(session, Operation.ARCHIVER, "Archiver", membre) if session.terminee else None
    phrase = f"{verbe} le {date_longue(session.date_fin)}."
    return LigneAFaire(session, sous(session.action), phrase, icone, bouton)


# --- Refused plans ---


def _refusees(organisme: Organisme) -> QuerySet[Session]:
    """Return the sessions with a refused plan that nobody has dismissed, with these plans as `refusees`."""
    refusees = Programmation.objects.refusees()
    sessions = _sessions(organisme).filter(
        pk__in=refusees.pour_organisme(organisme).order_by().values("session")
    )
    return sessions.order_by(F("date_debut").asc(nulls_last=True), "pk").prefetch_related(
        Prefetch("programmations", refusees.select_related("par", "jeton"), to_attr="refusees")
    )


def compter_les_refusees(organisme: Organisme) -> int:
    """Return how many sessions have a refused plan that nobody has dismissed."""
    lus = _combien_de_refusees().lignes(organisme=organisme.pk)
    return lus[0][0] if lus else 0


@cache
def _combien_de_refusees() -> Gardee[Programmation]:
    """Return the query of this number for `organisme`: no row without any."""
    refusees = Programmation.objects.refusees().pour_organisme(ORGANISME_DONNE).order_by()
    nombre = Count("session", distinct=True)
    return Gardee(refusees.values("organisme").annotate(nombre=nombre).values_list("nombre"))


def _ligne_refusee(session: Any, membre: Membre) -> LigneAFaire:
    phrases = [f"{plan.phrase} Programmée par {plan.auteur}." for plan in session.refusees]
    permis = role_permet(membre.role, Operation.OUVRIR)
    plan = session.refusees[0]
    bouton = None
    if plan.operation == Operation.OUVRIR:
        ouverte = {c.slug: c for c in visibilite.a_remplir(demain())}["session-ouverte"]
        bouton = _reparation(ouverte, session, membre) if permis else None
    elif not refus_de(session, Operation.FERMER):
        bouton = _bouton(session, Operation.FERMER, "Fermer à l'inscription", membre, post=True)
    if bouton is None and permis and est_programmable(session):
        bouton = Geste("Programmer de nouveau", reverse("session_programmer", args=[session.pk]))
    ecarter = reverse("session_programmer", args=[session.pk]) if permis else ""
    return LigneAFaire(
        session, sous(session.action), " ".join(phrases), "calendar-x", bouton, alerte=True, ecarter=ecarter
    )


# --- Actions ---


def _sans_session(organisme: Organisme) -> QuerySet[Action]:
    """Return the active actions without session to come, the last modified first."""
    actions = etats.sans_session_a_venir(Action.objects.pour_organisme(organisme))
    return actions.select_related("offre", "lieu_de_formation").order_by("-modifie_le", "-pk")


def _ligne_sans_session(action: Action, membre: Membre) -> LigneAFaire:
    permis = role_permet(membre.role, Operation.MODIFIER)
    bouton = Geste("Ajouter une session", reverse("session_ajouter", args=[action.pk])) if permis else None
    return LigneAFaire(
        action, sous(action), "Aucune session ne commence à partir de demain.", "calendar-plus", bouton
    )


VONT_DISPARAITRE = Liste(
    "vont_disparaitre",
    "Vont disparaître demain matin",
    "Rien de ce que voit le public ne disparaîtra demain matin.",
    _vont_disparaitre,
    _ligne_non_visible,
)
NON_VISIBLES = Liste(
    "non_visibles",
    "Pourquoi ces sessions ne sont-elles pas visibles ?",
    "Toutes vos sessions ouvertes et à venir sont visibles, ou le seront demain matin.",
    _non_visibles,
    _ligne_non_visible,
    D_ABORD,
)
REFUSEES = Liste(
    "refusees",
    "Programmations refusées",
    "Aucune ouverture ni fermeture programmée n'a été refusée.",
    _refusees,
    _ligne_refusee,
)
A_PARAITRE = Liste(
    "a_paraitre",
    "Ce qui va paraître",
    "Rien de nouveau. Une session ouverte à l'inscription aujourd'hui paraîtra demain matin.",
    _a_paraitre,
    _ligne_a_paraitre,
)
COMMENCEES = Liste(
    "commencees",
    "Ont commencé ces 7 derniers jours",
    "Aucune.",
    partial(_du_moment_dans_l_ordre, "commencees", "-date_debut"),
    _ligne_commencee,
)
SE_TERMINENT = Liste(
    "se_terminent",
    "Se terminent dans les 14 jours",
    "Aucune.",
    partial(_du_moment_dans_l_ordre, "se_terminent", "date_fin"),
    partial(_ligne_de_fin, "Se termine", "hourglass-split"),
)
TERMINEES = Liste(
    "terminees",
    "Terminées ces 7 derniers jours",
    "Aucune.",
    partial(_du_moment_dans_l_ordre, "terminees", "-date_fin"),
    partial(_ligne_de_fin, "S'est terminée", "check-circle-fill"),
)
SANS_SESSION = Liste(
    "sans_session",
    "Actions sans session à venir",
    "Chaque action active a une session à venir.",
    _sans_session,
    _ligne_sans_session,
)
_TOUTES = (
    VONT_DISPARAITRE,
    NON_VISIBLES,
    REFUSEES,
    A_PARAITRE,
    COMMENCEES,
    SE_TERMINENT,
    TERMINEES,
    SANS_SESSION,
)
LISTES = {liste.slug: liste for liste in _TOUTES}

# The lists whose sessions have a `motif`.
AVEC_MOTIF = (VONT_DISPARAITRE, NON_VISIBLES)
