"""What is to be done with a session, in one word: each session is at one `Etape`, so that the numbers of a
list add up.

It says for the database what the mentions of `etats` say beside one record.
"""

from typing import Any

from django.db.models import Case, CharField, Count, Q, QuerySet, TextChoices, Value, When

from catalogue.cycle_de_vie import Statut
from catalogue.models.fiche import A_COMPLETER
from catalogue.regles import conjonction
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation
from publication.etats import Etat, ordinaires
from publication.visibilite import IMMEDIATES, PRISE_PAR_LE_PASSAGE, a_remplir
from sessions_app.coherence import REGLES_SESSION
from sessions_app.models import Session


class Etape(TextChoices):
    """What is to be done with a session, in the order of the lists; the last ones need attention."""

    VISIBLE = "visible", "Visibles"
    DEMAIN = "demain", "Demain matin"
    PRETE = "prete", "Prêtes à ouvrir"
    FERMEE = "fermee", "Fermées par vous"
    COMMENCEE = "commencee", "Commencées"
    BROUILLON = "brouillon", "Brouillons"
    PAS_PRETE = "pas_prete", "Pas prêtes à ouvrir"
    ARCHIVEE = "archivee", "Archivées"
    DISPARAIT = "disparait", "Disparaissent demain"
    A_REPARER = "a_reparer", "À réparer"


# The steps of which something is lost or wrong.
ALERTES = (Etape.DISPARAIT, Etape.A_REPARER)
# The steps that `Etat` does not tell: the sessions are validées, or active and not to be seen.
SANS_ETAT = (Etape.PRETE, Etape.PAS_PRETE, Etape.FERMEE, Etape.COMMENCEE)


def etape() -> Case:
    """Return the `Etape` of a session, as a column expression."""
    vue = conjonction((*IMMEDIATES, PRISE_PAR_LE_PASSAGE))

    def selon(si_vue: Etape, sinon: Etape) -> Case:
        return _cas(When(vue, then=Value(si_vue.value)), sinon=sinon)

    ouverte = Case(
        When(conjonction(a_remplir(demain())), then=selon(Etape.VISIBLE, Etape.DEMAIN)),
        When(conjonction(ordinaires(demain())), then=selon(Etape.DISPARAIT, Etape.A_REPARER)),
        # It begins: what the public still sees goes in the ordinary course of things.
        default=selon(Etape.VISIBLE, Etape.COMMENCEE),
        output_field=CharField(),
    )
    # The cheap questions come first: the database asks the others of few sessions.
    return _cas(
        When(statut=Statut.ARCHIVEE.value, then=Value(Etape.ARCHIVEE.value)),
        When(statut=Statut.BROUILLON.value, then=Value(Etape.BROUILLON.value)),
        When(ouverte=True, then=ouverte),
        When(_commencee(), then=Value(Etape.COMMENCEE.value)),
        When(statut=Statut.ACTIVE.value, then=Value(Etape.FERMEE.value)),
        When(_prete(), then=Value(Etape.PRETE.value)),
        sinon=Etape.PAS_PRETE,
    )


def rang() -> Case:
    """Return the rank of the `Etape` of a session in the order of `Etape`, as a column expression."""
    rangs = [When(etape=nom, then=Value(rang)) for rang, nom in enumerate(Etape.values)]
    return Case(*rangs, default=Value(len(rangs)))


def sans_etat(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return those of these sessions that may be at a step of SANS_ETAT, with their `etape`."""
    validees, fermees = Q(statut=Statut.VALIDEE), Q(statut=Statut.ACTIVE, ouverte=False)
    commencees = Q(statut=Statut.ACTIVE, date_debut__lte=aujourd_hui())
    return sessions.filter(validees | fermees | commencees).annotate(etape=etape())


def par_etape(sessions: QuerySet[Session]) -> dict[str, int]:
    """Return how many of these sessions are at each step, in one query."""
    comptees = sessions.order_by().annotate(etape=etape()).values_list("etape")
    return dict(comptees.annotate(nombre=Count("pk")))


def selon_les_etats(par_statut: dict[str, int], par_etat: dict[str, int], autres: dict[str, int]) -> Any:
    """Return the number of sessions at each step, from those by status, by `Etat`, and those of SANS_ETAT."""
    return {
        Etape.VISIBLE.value: par_etat[Etat.VISIBLE] + par_etat[Etat.FINIT],
        Etape.DEMAIN.value: par_etat[Etat.ATTEND],
        **{nom.value: autres[nom] for nom in SANS_ETAT},
        Etape.BROUILLON.value: par_statut[Statut.BROUILLON],
        Etape.DISPARAIT.value: par_etat[Etat.DISPARAIT],
        Etape.A_REPARER.value: par_etat[Etat.A_REPARER],
    }


def motif() -> Case:
    """Return the slug of what keeps a session off the public side tomorrow, as a column expression.

    For an open session, it is the reason for which the run holds it back. For another one, it is what would
    hold it back if it were opened now, then that it is not open. It is null when the run shows the session.
    """
    toutes = a_remplir(demain())
    si_ouverte = [condition for condition in toutes if condition.operation != Operation.OUVRIR]
    return Case(
        *(When(~condition.q, ouverte=False, then=Value(condition.slug)) for condition in si_ouverte),
        *(When(~condition.q, then=Value(condition.slug)) for condition in toutes),
        default=Value(None),
        output_field=CharField(),
    )


def retenues_par(sessions: QuerySet[Session], slug: str) -> QuerySet[Session]:
    """Return those of these sessions whose `motif` is this condition."""
    condition = next(condition for condition in a_remplir(demain()) if condition.slug == slug)
    return sessions.filter(~condition.q).alias(raison=motif()).filter(raison=slug)


def a_l_etape(sessions: QuerySet[Session], nom: str) -> QuerySet[Session]:
    """Return those of these sessions that are at this step."""
    return sessions.filter(_PARMI.get(nom, Q())).alias(etape=etape()).filter(etape=nom)


# Where the sessions of a step are, which the database knows at once.
_PARMI: dict[str, Q] = {
    **dict.fromkeys((Etape.VISIBLE, Etape.DEMAIN, *ALERTES), Q(ouverte=True)),
    **dict.fromkeys((Etape.PRETE, Etape.PAS_PRETE), Q(statut=Statut.VALIDEE)),
    Etape.FERMEE: Q(statut=Statut.ACTIVE, ouverte=False),
    Etape.BROUILLON: Q(statut=Statut.BROUILLON),
    Etape.ARCHIVEE: Q(statut=Statut.ARCHIVEE),
}


def _commencee() -> Q:
    return Q(date_debut__lte=aujourd_hui()) | Q(date_fin__lt=aujourd_hui())


def _prete() -> Q:
    """Return the condition under which a validée session to come may be opened.

    It is the one of `ouvrir_a_l_inscription`, for the database.
    """
    a_completer = [statut.value for statut in A_COMPLETER]
    parents = ~Q(action__statut__in=a_completer) & ~Q(action__offre__statut__in=a_completer)
    return parents & conjonction(REGLES_SESSION)


def _cas(*cas: When, sinon: Etape) -> Case:
    return Case(*cas, default=Value(sinon.value), output_field=CharField())
