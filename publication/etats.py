"""The state of a session between what the public sees today and what it sees tomorrow (D-25).

Lists, counts and mentions all read this state. A condition that fails in the ordinary course of things (a
session begins, somebody closed it) is distinguished from one that fails unexpectedly.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
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
from django.db.models.functions import Coalesce

from catalogue.cycle_de_vie import Statut, refus_de
from catalogue.models import Action
from catalogue.regles import conjonction
from edof.horloge import aujourd_hui, demain
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
    visible_le,
    visibles,
)
from sessions_app.models import Session


class Etat(TextChoices):
    """What the public sees of a session or an action, now and after the next run."""

    VISIBLE = "visible", "visible, et le reste"
    DISPARAIT = "disparait", "disparaît demain matin, sans que personne l'attende"
    FINIT = "finit", "disparaît demain matin, parce qu'elle commence"
    ATTEND = "attend", "visible demain matin"
    A_REPARER = "a_reparer", "ouverte, à venir, et pourtant pas visible"
    AU_REPOS = "au_repos", "pas visible, comme il se doit"


# The states of the sessions that the public sees now.
VISIBLES = {Etat.VISIBLE, Etat.DISPARAIT, Etat.FINIT}
_VUE = conjonction((*IMMEDIATES, PRISE_PAR_LE_PASSAGE))


def _demain() -> Q:
    """Return the condition under which tomorrow's run would show a session."""
    return conjonction(a_remplir(demain()))


def ordinaires(jour: dt.date) -> tuple[ConditionDeVisibilite, ...]:
    """Return the conditions that fail in the ordinary course of things."""
    return tuple(condition for condition in a_remplir(jour) if condition.ordinaire)


def etat() -> Case:
    """Return the `Etat` of a session, as a column expression."""
    inattendue = conjonction(ordinaires(demain()))
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
    """Return the sessions that are open and do not begin before tomorrow.

    If they are not visible, the ordinary course of things does not explain it.
    """
    return sessions.filter(conjonction(ordinaires(demain())))


def vont_disparaitre(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the sessions that the public sees now and that tomorrow's run would withdraw.

    The annotation `motif` is the slug of the first condition that is not met.
    """
    return sessions.filter(_VUE & ~_demain()).annotate(motif=retenue_par(demain()))


def montrees_demain(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the sessions that tomorrow's run would show, whether the public sees them today or not."""
    return sessions.filter(_demain())


def a_reparer(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the active sessions, open and to come, that the public sees neither today nor tomorrow.

    The annotation `motif` is the slug of the first condition that is not met.
    """
    actives = inattendues(sessions).filter(~_VUE & ~_demain(), statut=Statut.ACTIVE)
    return actives.annotate(motif=retenue_par(demain()))


def sans_session_a_venir(actions: QuerySet[Action]) -> QuerySet[Action]:
    """Return the active actions that nobody will be able to join.

    No session of theirs starts after today, and none is permanent. Archived sessions do not count.
    """
    a_venir = Q(date_debut__gt=aujourd_hui()) | Q(pas_de_dates=True)
    utiles = Session.objects.filter(a_venir, action=OuterRef("pk")).non_archivees()
    return actions.filter(~Exists(utiles), statut=Statut.ACTIVE)


# --- Mentions shown beside a record ---


def avec_etat(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Annotate the sessions as `avec_visibilite` does, and with their `etat`."""
    return avec_visibilite(sessions).annotate(etat=etat())


def une(fiches: QuerySet[Any]) -> Coalesce:
    """Return whether the outer row has one of these records, as a column expression.

    Unlike `Exists`, PostgreSQL never reads the records of every organisme to answer: it reads those of the
    outer row, until it finds one.
    """
    trouvee = Subquery(fiches.order_by().values(une=Value(True))[:1], output_field=BooleanField())
    return Coalesce(trouvee, Value(False))


def offre_visible() -> Coalesce:
    """Return whether the public sees a session of the offre now, as a column expression.

    The actions are asked one after the other, until one has such a session.
    """
    vue = une(visibles(Session.objects.filter(action=OuterRef("pk"))))
    return une(Action.objects.filter(vue, offre=OuterRef("pk")))


def etat_de_l_action() -> Case:
    """Return the `Etat` of an action, as a column expression.

    One visible session is enough for the action to be visible (D-25).
    """
    sessions = Session.objects.filter(action=OuterRef("pk"))
    perdues = inattendues(vont_disparaitre(sessions))
    si_vue = Case(
        When(une(sessions.filter(_demain())), then=Value(Etat.VISIBLE.value)),
        When(une(perdues), then=Value(Etat.DISPARAIT.value)),
        default=Value(Etat.FINIT.value),
        output_field=CharField(),
    )
    sinon = Case(
        When(une(sessions.filter(_demain())), then=Value(Etat.ATTEND.value)),
        When(une(a_reparer(sessions)), then=Value(Etat.A_REPARER.value)),
        default=Value(Etat.AU_REPOS.value),
        output_field=CharField(),
    )
    return Case(When(une(sessions.filter(_VUE)), then=si_vue), default=sinon, output_field=CharField())


def premier_matin() -> Subquery:
    """Return the first morning on which a session of the action will appear, as a column expression.

    The column is null when no session waits.
    """
    attendent = avec_visibilite(a_paraitre(Session.objects.filter(action=OuterRef("pk"))))
    return Subquery(attendent.order_by("paraitra_le").values("paraitra_le")[:1])


@dataclass(frozen=True)
class Mention:
    """A mention shown beside a record: its text, its icon and its colour.

    `lien` is true when the mention links to the reasons.
    """

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
    """Return the mention shown beside a session, None for an archived one.

    The session comes from `avec_etat`, with its parents.
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
    """Return the mention of a session that is not visible when nothing is wrong.

    It gives what happened to the session, or what it waits for.
    """
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
    """Return the mention shown beside an active action, None for another one.

    The action is annotated with `etat_de_l_action` (as `etat`) and `premier_matin`.
    """
    if action.statut != Statut.ACTIVE:
        return None
    if action.etat == Etat.DISPARAIT:
        return Mention("Disparaît demain matin : pourquoi ?", "exclamation-triangle-fill", "rouge", lien=True)
    if action.etat == Etat.FINIT:
        return Mention("Disparaît demain matin : sa session commence", "clock", "doux", lien=True)
    if action.etat == Etat.ATTEND and action.premier_matin:
        return _visible_le(action.premier_matin)
    return {Etat.VISIBLE: VISIBLE, Etat.A_REPARER: POURQUOI}.get(action.etat, _POURQUOI_EN_GRIS)
