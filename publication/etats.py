"""Where a session stands between today's public and tomorrow's: one word, read by lists, counts and mentions
(D-25).

What fails in the ordinary course (a session begins, somebody closed it) is told apart from what nobody
expects.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Exists,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    TextChoices,
    Value,
    When,
)

from catalogue.cycle_de_vie import Statut, refus_de
from edof.horloge import demain
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation
from publication.visibilite import (
    IMMEDIATES,
    PRISE_PAR_LE_PASSAGE,
    ConditionDeVisibilite,
    a_paraitre,
    a_remplir,
    avec_visibilite,
    retenue_par,
    tout,
    visible_le,
)
from sessions_app.models import Session


class Etat(TextChoices):
    """What the public sees of it, now and after the next run."""

    VISIBLE = "visible", "visible, et le reste"
    DISPARAIT = "disparait", "disparaît demain matin, sans que personne l'attende"
    FINIT = "finit", "disparaît demain matin, parce qu'elle commence"
    ATTEND = "attend", "visible demain matin"
    A_REPARER = "a_reparer", "ouverte, à venir, et pourtant pas visible"
    AU_REPOS = "au_repos", "pas visible, comme il se doit"


# The public sees these now.
VISIBLES = {Etat.VISIBLE, Etat.DISPARAIT, Etat.FINIT}
_VUE = tout((*IMMEDIATES, PRISE_PAR_LE_PASSAGE))


def _demain() -> Q:
    """What tomorrow's run would show."""
    return tout(a_remplir(demain()))


def ordinaires(jour: dt.date) -> tuple[ConditionDeVisibilite, ...]:
    """The conditions that fail in the ordinary course of things."""
    return tuple(condition for condition in a_remplir(jour) if condition.ordinaire)


def etat() -> Case:
    """The `Etat` of a session, as a column."""
    inattendue = tout(ordinaires(demain()))
    si_vue = Case(
        When(_demain(), then=Value(Etat.VISIBLE.value)),
        When(inattendue, then=Value(Etat.DISPARAIT.value)),
        default=Value(Etat.FINIT.value),
        output_field=CharField(),
    )
    sinon = Case(
        When(_demain(), then=Value(Etat.ATTEND.value)),
        When(inattendue & Q(statut=Statut.ACTIVE.value), then=Value(Etat.A_REPARER.value)),
        default=Value(Etat.AU_REPOS.value),
        output_field=CharField(),
    )
    return Case(When(_VUE, then=si_vue), default=sinon, output_field=CharField())


def inattendues(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those of which the ordinary course of things explains nothing: open, and not to begin before
    tomorrow.
    """
    return sessions.filter(tout(ordinaires(demain())))


def vont_disparaitre(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those that the public sees now and that tomorrow's run would withdraw; `motif` says why."""
    return sessions.filter(_VUE & ~_demain()).annotate(motif=retenue_par(demain()))


def a_reparer(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """The active ones, open and to come, that the public does not see, today or tomorrow; `motif` says
    why.
    """
    actives = inattendues(sessions).filter(~_VUE & ~_demain(), statut=Statut.ACTIVE)
    return actives.annotate(motif=retenue_par(demain()))


# --- What the pages write beside a record ---


def avec_etat(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """`avec_visibilite`, and the `etat` of each."""
    return avec_visibilite(sessions).annotate(etat=etat())


def etat_de_l_action() -> Case:
    """The `Etat` of an action, as a column: one visible session is enough (D-25)."""
    sessions = Session.objects.filter(action=OuterRef("pk"))
    perdues = inattendues(vont_disparaitre(sessions))
    si_vue = Case(
        When(Exists(sessions.filter(_demain())), then=Value(Etat.VISIBLE.value)),
        When(Exists(perdues), then=Value(Etat.DISPARAIT.value)),
        default=Value(Etat.FINIT.value),
        output_field=CharField(),
    )
    sinon = Case(
        When(Exists(sessions.filter(_demain())), then=Value(Etat.ATTEND.value)),
        When(Exists(a_reparer(sessions)), then=Value(Etat.A_REPARER.value)),
        default=Value(Etat.AU_REPOS.value),
        output_field=CharField(),
    )
    return Case(When(Exists(sessions.filter(_VUE)), then=si_vue), default=sinon, output_field=CharField())


def premier_matin() -> Subquery:
    """The first morning on which a session of the action will appear, as a column; null when none waits."""
    attendent = avec_visibilite(a_paraitre(Session.objects.filter(action=OuterRef("pk"))))
    return Subquery(attendent.order_by("paraitra_le").values("paraitra_le")[:1])


@dataclass(frozen=True)
class Mention:
    """What is written beside a record: its words, its icon, its colour; `lien`: it leads to the reasons."""

    texte: str
    icone: str
    ton: str
    lien: bool = False


VISIBLE = Mention("Visible sur Mon Compte Formation", "eye-fill", "vert")
POURQUOI = Mention("Pourquoi pas visible ?", "eye-slash", "rouge", lien=True)
_POURQUOI_EN_GRIS = Mention(POURQUOI.texte, POURQUOI.icone, "doux", lien=True)


def _visible_le(jour: dt.date) -> Mention:
    return Mention(f"Visible le {date_longue(jour)} au matin", "clock", "bleu")


def mention_de_la_session(session: Any) -> Mention | None:
    """What is written beside a session (from `avec_etat`, with its parents); nothing beside an archived
    one.
    """
    if session.statut == Statut.ARCHIVEE:
        return None
    if session.etat == Etat.VISIBLE:
        return VISIBLE
    if session.etat == Etat.DISPARAIT:
        return Mention("Disparaît demain matin : pourquoi ?", "exclamation-triangle-fill", "rouge", lien=True)
    if session.etat == Etat.FINIT:
        return Mention("Disparaît demain matin : elle commence", "clock", "doux", lien=True)
    if session.etat == Etat.ATTEND:
        return _visible_le(visible_le(session))
    if session.etat == Etat.A_REPARER:
        return POURQUOI
    return _au_repos(session)


def _au_repos(session: Session) -> Mention:
    """Not visible, and nothing is wrong: what happened to it, or what it waits for."""
    if session.statut != Statut.BROUILLON and session.terminee:
        return Mention(f"Terminée le {date_longue(session.date_fin)}", "flag", "doux", lien=True)
    if session.statut != Statut.BROUILLON and session.commencee:
        return Mention(f"Commencée le {date_longue(session.date_debut)}", "flag", "doux", lien=True)
    if session.statut == Statut.ACTIVE:
        return Mention("Fermée par vous", "door-closed", "doux", lien=True)
    if session.statut == Statut.VALIDEE and not refus_de(session, Operation.OUVRIR):
        return Mention("Prête à ouvrir", "door-closed", "doux", lien=True)
    return _POURQUOI_EN_GRIS


def mention_de_l_action(action: Any) -> Mention | None:
    """What is written beside an active action, annotated with `etat_de_l_action` and `premier_matin`."""
    if action.statut != Statut.ACTIVE:
        return None
    if action.etat == Etat.DISPARAIT:
        return Mention("Disparaît demain matin : pourquoi ?", "exclamation-triangle-fill", "rouge", lien=True)
    if action.etat == Etat.FINIT:
        return Mention("Disparaît demain matin : sa session commence", "clock", "doux", lien=True)
    if action.etat == Etat.ATTEND and action.premier_matin:
        return _visible_le(action.premier_matin)
    return {Etat.VISIBLE: VISIBLE, Etat.A_REPARER: POURQUOI}.get(action.etat, _POURQUOI_EN_GRIS)
