"""Who may be seen by the public, and why not: one ordered list, read as a filter and as a diagnosis
(D-23).
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from django.db.models import (
    BooleanField,
    Case,
    CharField,
    DateField,
    DateTimeField,
    Exists,
    ExpressionWrapper,
    Model,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)
from django.db.models.functions import TruncDate

from catalogue.cycle_de_vie import Statut
from catalogue.models.certification import en_vigueur_le
from catalogue.nomenclatures import EntreesSorties, TypeOffre
from catalogue.regles import conjonction, prefixer
from edof.horloge import PARIS, aujourd_hui, demain, minuit
from organismes.droits import Operation
from organismes.models import Qualiopi
from publication.models import Parution, Passage, Retenue
from sessions_app.coherence import (
    CASE_COCHEE,
    CASE_DECOCHEE,
    DEBUT_RENSEIGNE,
    FIN_APRES_DEBUT,
    FIN_RENSEIGNEE,
    SANS_DATES,
    debut_a_venir,
)
from sessions_app.models import Session

ORGANISME = "L'organisme de formation"
ADMINISTRATEUR = "L'administrateur de la plateforme"
CERTIFICATEUR = (
    "Le certificateur Qualiopi de l'organisme, puis l'administrateur de la plateforme, qui enregistre le"
    " certificat"
)
CERTIFICATEUR_DU_TITRE = (
    "Le certificateur, s'il fait enregistrer de nouveau la certification ; ou l'organisme, par une offre qui"
    " en vise une autre"
)
PERSONNE = "Personne : il suffit d'attendre"

# Which certificate an offre needs (domain 3.6); what is not named here is an « action de formation ».
_QUALIOPI_PAR_TYPE = {
    TypeOffre.BILAN.value: Qualiopi.Categorie.BILANS_DE_COMPETENCES,
    TypeOffre.VAE.value: Qualiopi.Categorie.VAE,
}


@dataclass(frozen=True)
class ConditionDeVisibilite:
    """A condition on a session: what must hold, the reason when it does not, who can act.

    `immediate`: the public side asks it at every reading, so that what must disappear disappears at once
    (D-20). `raison_datee`: the reason with dates in it, for where they are known: of the session,
    {date_debut}, {date_fin} or {fermee_le}, or of its certification, {fin_certification}. `niveau`: which
    record it speaks of; what speaks of the offre is asked of it even when it has no session. What repairs it,
    when a person of the organisme can: the operation to run on the session, or the field to correct, of the
    session (`champ`) or, when it is rather the action that is wrong, of the action.
    """

    slug: str
    q: Q
    exigence: str
    raison: str
    qui: str = ORGANISME
    immediate: bool = False
    raison_datee: str = ""
    operation: Operation | None = None
    champ: str | None = None
    champ_de_l_action: str | None = None
    niveau: str = "session"
    # Which sessions it speaks of, when not of all: for the others it is « sans objet ».
    objet: Q | None = None
    # It fails in the ordinary course of things: somebody wanted it so, or time has passed; there is nothing
    # to repair.
    ordinaire: bool = False
    # A file of templates/icones/.
    icone: str = "eye-slash"


def _qualiopi_valable(jour: dt.date) -> Q:
    valables = Qualiopi.objects.filter(organisme=OuterRef("organisme"), du__lte=jour).filter(
        Q(au__isnull=True) | Q(au__gte=jour)
    )
    speciaux = list(_QUALIOPI_PAR_TYPE)
    q = ~Q(action__offre__type_offre__in=speciaux) & Q(
        Exists(valables.filter(categorie=Qualiopi.Categorie.ACTIONS_DE_FORMATION))
    )
    for type_offre, categorie in _QUALIOPI_PAR_TYPE.items():
        q |= Q(action__offre__type_offre=type_offre) & Q(Exists(valables.filter(categorie=categorie)))
    return q


# Live facts: they may only hide what a run has shown, never show (D-20).
IMMEDIATES = (
    ConditionDeVisibilite(
        "organisme-autorise",
        Q(organisme__suspendu=False),
        "L'organisme est autorisé à publier.",
        "L'organisme est suspendu : il ne publie plus pour le moment.",
        ADMINISTRATEUR,
        immediate=True,
        niveau="offre",
        icone="building-x",
    ),
    ConditionDeVisibilite(
        "offre-active",
        Q(action__offre__statut=Statut.ACTIVE.value),
        "L'offre est au statut « Active ».",
        "L'offre n'est pas au statut « Active » : ouvrez une de ses sessions à l'inscription.",
        immediate=True,
        operation=Operation.OUVRIR,
        niveau="offre",
    ),
    ConditionDeVisibilite(
        "action-active",
        Q(action__statut=Statut.ACTIVE.value),
        "L'action est au statut « Active ».",
        "L'action n'est pas au statut « Active » : ouvrez une de ses sessions à l'inscription.",
        immediate=True,
        operation=Operation.OUVRIR,
        niveau="action",
    ),
    ConditionDeVisibilite(
        "session-active",
        Q(statut=Statut.ACTIVE.value),
        "La session est au statut « Active ».",
        "La session n'est pas au statut « Active » : validez-la, puis ouvrez-la à l'inscription.",
        immediate=True,
        operation=Operation.OUVRIR,
    ),
    ConditionDeVisibilite(
        "session-ouverte",
        Q(ouverte=True),
        "La session est ouverte à l'inscription.",
        "La session n'est pas ouverte à l'inscription.",
        immediate=True,
        raison_datee="La session est fermée à l'inscription depuis le {fermee_le}.",
        operation=Operation.OUVRIR,
        ordinaire=True,
        icone="door-closed",
    ),
)

_JOUR_D_OUVERTURE = TruncDate(
    ExpressionWrapper(OuterRef("ouverte_depuis"), output_field=DateTimeField()), tzinfo=PARIS
)
# A parution of before the last opening does not count: a session reopened another day waits for J+1 (D-20).
PRISE_PAR_LE_PASSAGE = ConditionDeVisibilite(
    "passage-effectue",
    Q(Exists(Parution.objects.filter(session=OuterRef("pk"), au__isnull=True, du__gt=_JOUR_D_OUVERTURE))),
    "La publication du matin a pris en compte la session.",
    "La session attend la publication du lendemain matin de son ouverture (J+1).",
    PERSONNE,
)


def a_remplir(jour: dt.date) -> tuple[ConditionDeVisibilite, ...]:
    """Every condition that the run of `jour` checks before it shows a session."""
    permanente = conjonction((CASE_COCHEE, SANS_DATES))
    dates_fixes = conjonction((CASE_DECOCHEE, DEBUT_RENSEIGNE, FIN_RENSEIGNEE))
    debut = debut_a_venir(jour)
    a_une_certification = Q(action__offre__certification__isnull=False)
    autorise, *actives = IMMEDIATES
    return (
        autorise,
        ConditionDeVisibilite(
            "qualiopi",
            _qualiopi_valable(jour),
            "Le certificat Qualiopi est valable pour ce type d'offre.",
            "L'organisme n'a pas de certificat Qualiopi valable pour ce type d'offre.",
            CERTIFICATEUR,
            niveau="offre",
            icone="patch-exclamation",
        ),
        ConditionDeVisibilite(
            "certification",
            ~a_une_certification | prefixer(en_vigueur_le(jour), "action__offre__certification__"),
            "La certification est en vigueur.",
            "La certification visée n'est plus en vigueur.",
            CERTIFICATEUR_DU_TITRE,
            raison_datee=(
                "La certification visée n'est plus en vigueur : son enregistrement a pris fin le"
                " {fin_certification}."
            ),
            niveau="offre",
            objet=a_une_certification,
            icone="patch-exclamation",
        ),
        *actives,
        ConditionDeVisibilite(
            "permanente-sans-dates",
            permanente,
            "Entrées et sorties permanentes : pas de dates de session.",
            "L'action est à entrées et sorties permanentes, mais la session a des dates.",
            champ="pas_de_dates",
            champ_de_l_action="modalites_entrees_sorties",
            objet=Q(action__modalites_entrees_sorties=EntreesSorties.PERMANENTES.value),
            icone="calendar-x",
        ),
        ConditionDeVisibilite(
            "dates-fixes-renseignees",
            dates_fixes,
            "Entrées et sorties à dates fixes : la session a une date de début et une date de fin.",
            "L'action est à dates fixes, mais la session n'a pas ses deux dates.",
            champ="date_debut",
            champ_de_l_action="modalites_entrees_sorties",
            objet=Q(action__modalites_entrees_sorties=EntreesSorties.DATES_FIXES.value),
            icone="calendar-x",
        ),
        ConditionDeVisibilite(
            debut.slug,
            debut.q,
            "La date de début n'est pas passée (au moins le lendemain de la saisie).",
            "La date de début est passée : la session a commencé.",
            raison_datee=(
                "La date de début ({date_debut}) est passée : une session à dates fixes doit commencer au"
                " plus tôt demain."
            ),
            champ=debut.champ,
            objet=Q(date_debut__isnull=False),
            ordinaire=True,
            icone="calendar-x",
        ),
        ConditionDeVisibilite(
            FIN_APRES_DEBUT.slug,
            FIN_APRES_DEBUT.q,
            FIN_APRES_DEBUT.exigence,
            FIN_APRES_DEBUT.raison,
            raison_datee=(
                "La date de fin ({date_fin}) doit être postérieure à la date de début ({date_debut})."
            ),
            champ=FIN_APRES_DEBUT.champ,
            objet=Q(date_debut__isnull=False, date_fin__isnull=False),
            icone="calendar-x",
        ),
    )


def conditions(jour: dt.date) -> tuple[ConditionDeVisibilite, ...]:
    """The whole ordered list of D-23 for `jour`: the diagnosis and the check-list."""
    return (*a_remplir(jour), PRISE_PAR_LE_PASSAGE)


def raisons(jour: dt.date) -> dict[str, str]:
    """Why the run of `jour` holds a session back, in words, by slug; its own errors included."""
    erreur = (
        "Une erreur a empêché de la publier : l'administrateur en voit le détail. La prochaine publication"
        " réessaiera."
    )
    return {**{condition.slug: condition.raison for condition in a_remplir(jour)}, Retenue.ERREUR: erreur}


def tout(ensemble_de: tuple[ConditionDeVisibilite, ...]) -> Q:
    """Their conjunction."""
    ensemble = Q()
    for condition in ensemble_de:
        ensemble &= condition.q
    return ensemble


def retenue_par(jour: dt.date) -> Case:
    """The slug of the first unmet condition, null when the run of `jour` shows the session."""
    return Case(
        *(When(~condition.q, then=Value(condition.slug)) for condition in a_remplir(jour)),
        default=Value(None),
        output_field=CharField(),
    )


def visibles(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those that the public sees now."""
    return sessions.filter(tout((*IMMEDIATES, PRISE_PAR_LE_PASSAGE)))


def visibles_sous(modele: type[Model], cles: Collection[int]) -> int:
    """How many sessions, at or below these records of one level, the public sees now."""
    chemin = {"offre": "action__offre", "action": "action", "session": "pk"}[str(modele._meta.model_name)]
    return visibles(Session.objects.filter(**{f"{chemin}__in": cles})).count()


def a_paraitre(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Those that the public does not see yet and that the next run would show."""
    return sessions.filter(tout(a_remplir(demain())) & ~PRISE_PAR_LE_PASSAGE.q)


def actives_non_visibles(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """The active ones that the public neither sees nor would see at the next run; `retenue_par(demain())`
    says why.
    """
    visible_ou_presque = tout((*IMMEDIATES, PRISE_PAR_LE_PASSAGE)) | tout(a_remplir(demain()))
    return sessions.filter(~visible_ou_presque, statut=Statut.ACTIVE)


def avec_visibilite(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Annotate `est_visible` (the public sees it now), `sera_visible` (the run of tomorrow would show it) and
    `paraitra_le` (the day of the next run that may show it).
    """
    return sessions.annotate(
        est_visible=booleen(tout((*IMMEDIATES, PRISE_PAR_LE_PASSAGE))),
        sera_visible=booleen(tout(a_remplir(demain()))),
        paraitra_le=_prochaine_parution(),
    )


def _prochaine_parution() -> Case:
    """The day of the next run that may show the session: today's when it has still to come and the opening is
    of before.
    """
    a_venir = ~Exists(Passage.objects.finis().filter(jour__gte=aujourd_hui()))
    return Case(
        When(a_venir & Q(ouverte_depuis__lt=minuit(aujourd_hui())), then=Value(aujourd_hui())),
        default=Value(demain()),
        output_field=DateField(),
    )


def booleen(q: Q) -> Case:
    """A condition as a column that is never null."""
    return Case(When(q, then=Value(True)), default=Value(False), output_field=BooleanField())


def visible_le(session: Any) -> dt.date | None:
    """The morning on which a waiting session (from `avec_visibilite`) will appear (D-25); None when it is
    visible already or does not wait.
    """
    return session.paraitra_le if session.sera_visible and not session.est_visible else None


def vue_de(niveau: str, q: Q) -> Q:
    """The same condition, asked of an action or of an offre instead of a session: the path that leads up to
    it is left out.
    """
    chemin = {"session": "", "action": "action__", "offre": "action__offre__"}[niveau]

    def raccourci(enfant: Any) -> Any:
        if isinstance(enfant, Q):
            return vue_de(niveau, enfant)
        return (enfant[0].removeprefix(chemin), enfant[1]) if isinstance(enfant, tuple) else enfant

    return Q(*map(raccourci, q.children), _connector=q.connector, _negated=q.negated)


def publiques() -> QuerySet[Parution]:
    """What the public reads now: open parutions, narrowed by the live facts, which may only hide (D-20)."""
    return Parution.objects.filter(
        au__isnull=True, du__lte=aujourd_hui(), session__in=visibles(Session.objects.all())
    )
