"""Conditions under which the public sees a session, in one ordered list (D-23).

The list is used as a filter and as a diagnosis.
"""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, fields
from functools import lru_cache
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
    Subquery,
    Value,
    When,
)
from django.db.models.functions import TruncDate
from django.db.models.lookups import IsNull

from catalogue.cycle_de_vie import Statut
from catalogue.models.certification import en_vigueur_le
from catalogue.nomenclatures import EntreesSorties, TypeOffre
from catalogue.regles import conjonction, prefixer, reecrire
from edof.gardees import Donnee, Gardee
from edof.horloge import PARIS, aujourd_hui, demain, minuit
from organismes.droits import Operation
from organismes.models import HORS_DES_BACS_A_SABLE, Qualiopi
from publication.models import IntervalleQuerySet, Parution, Passage, PassageDeBac, Retenue
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

# The category of certificate that an offre needs, by type of offre. The types that are not listed need that
# of the actions de formation.
_QUALIOPI_PAR_TYPE = {
    TypeOffre.BILAN.value: Qualiopi.Categorie.BILANS_DE_COMPETENCES,
    TypeOffre.VAE.value: Qualiopi.Categorie.VAE,
}


@dataclass(frozen=True)
class ConditionDeVisibilite:
    """A condition on a session: what must hold, the reason when it does not, and who can act.

    `immediate`: the public pages check the condition at every reading, so that what must disappear disappears
    at once (D-20).

    `raison_datee`: the reason with dates, for when they are known. The dates are {date_debut}, {date_fin} or
    {fermee_le} of the session, or {fin_certification} of its certification.

    `niveau`: the level of the record that the condition is about. A condition about the offre is checked on
    it even when it has no session.

    `operation`, `champ`, `champ_de_l_action`: what repairs it, when a person of the organisme can. It is the
    operation to execute on the session, the field of the session to correct, or the field of the action when
    the action is more likely to be wrong.
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
    # The sessions that the condition is about, when it is not about all. For the others its state is
    # « sans objet ».
    objet: Q | None = None
    # True when the condition fails in the ordinary course of things: somebody decided it, or time has passed.
    # There is nothing to repair.
    ordinaire: bool = False
    # Name of a file of templates/icones/, without its extension.
    icone: str = "eye-slash"


def qualiopi_de(type_offre: str) -> str:
    """Return the category of certificate without which no offre of this type is public."""
    return _QUALIOPI_PAR_TYPE.get(type_offre, Qualiopi.Categorie.ACTIONS_DE_FORMATION)


def _qualiopi_valable(jour: dt.date) -> Q:
    valables = Qualiopi.objects.filter(organisme=OuterRef("organisme")).valables(jour)
    speciaux = list(_QUALIOPI_PAR_TYPE)
    q = ~Q(action__offre__type_offre__in=speciaux) & Q(
        Exists(valables.filter(categorie=Qualiopi.Categorie.ACTIONS_DE_FORMATION))
    )
    for type_offre, categorie in _QUALIOPI_PAR_TYPE.items():
        q |= Q(action__offre__type_offre=type_offre) & Q(Exists(valables.filter(categorie=categorie)))
    return q


# Conditions on present data. They may only hide what a run has shown, never show something (D-20).
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
# A parution that began on or before the day of the last opening does not count: a session reopened on another
# day waits for J+1 (D-20).
PRISE_PAR_LE_PASSAGE = ConditionDeVisibilite(
    "passage-effectue",
    Q(Exists(Parution.objects.ouvertes().filter(session=OuterRef("pk"), du__gt=_JOUR_D_OUVERTURE))),
    "La publication du matin a pris en compte la session.",
    "La session attend la publication du lendemain matin de son ouverture (J+1).",
    PERSONNE,
)


# Composed once for each day: its reading of the certificates is long to compose.
@lru_cache(maxsize=64)
def a_remplir(jour: dt.date) -> tuple[ConditionDeVisibilite, ...]:
    """Return every condition that the run of `jour` checks before it shows a session."""
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
    """Return the whole ordered list of D-23 for `jour`, for the diagnosis and the check-list."""
    return (*a_remplir(jour), PRISE_PAR_LE_PASSAGE)


def raisons(jour: dt.date) -> dict[str, str]:
    """Return the reasons for which the run of `jour` holds a session back, as {slug: sentence}.

    The errors of the run are included.
    """
    erreur = (
        "Une erreur a empêché de la publier : l'administrateur en voit le détail. La prochaine publication"
        " réessaiera."
    )
    return {**{condition.slug: condition.raison for condition in a_remplir(jour)}, Retenue.ERREUR: erreur}


def retenue_par(jour: dt.date) -> Case:
    """Return the slug of the first unmet condition, as a column expression.

    The column is null when the run of `jour` shows the session.
    """
    return Case(
        *(When(~condition.q, then=Value(condition.slug)) for condition in a_remplir(jour)),
        default=Value(None),
        output_field=CharField(),
    )


def visibles(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the sessions that the public sees now."""
    return sessions.filter(conjonction((*IMMEDIATES, PRISE_PAR_LE_PASSAGE)))


def une_visible(chemin: str) -> IsNull:
    """Return whether the public sees a session of a record, as a column; `chemin` leads a session to it.

    Not EXISTS: to answer for a page of records, PostgreSQL may then read all that is visible, of everybody.
    """
    sessions = visibles(Session.objects.filter(**{chemin: OuterRef("pk")}))
    return IsNull(Subquery(sessions.order_by().values("pk")[:1]), False)


def visibles_sous(modele: type[Model], cles: Collection[int]) -> int:
    """Return how many sessions the public sees now, at or below these records of one level."""
    chemin = {"offre": "action__offre", "action": "action", "session": "pk"}[str(modele._meta.model_name)]
    return visibles(Session.objects.filter(**{f"{chemin}__in": cles})).count()


def a_paraitre(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the sessions that the public does not see yet and that the next run would show."""
    return sessions.filter(conjonction(a_remplir(demain())) & ~PRISE_PAR_LE_PASSAGE.q)


def actives_non_visibles(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Return the active sessions that the public does not see and would not see after the next run.

    `retenue_par(demain())` gives the reason.
    """
    visible_ou_presque = conjonction((*IMMEDIATES, PRISE_PAR_LE_PASSAGE)) | conjonction(a_remplir(demain()))
    return sessions.filter(~visible_ou_presque, statut=Statut.ACTIVE)


def avec_visibilite(sessions: QuerySet[Session]) -> QuerySet[Session]:
    """Annotate the sessions with `est_visible`, `sera_visible` and `paraitra_le`.

    `est_visible`: the public sees the session now. `sera_visible`: tomorrow's run would show it.
    `paraitra_le`: the day of the next run that may show it.
    """
    return sessions.annotate(
        est_visible=booleen(conjonction((*IMMEDIATES, PRISE_PAR_LE_PASSAGE))),
        sera_visible=booleen(conjonction(a_remplir(demain()))),
        paraitra_le=_prochaine_parution(),
    )


@dataclass(frozen=True)
class Visibilite:
    """What the public sees of a session, now and after the next run: see `avec_visibilite`."""

    est_visible: bool
    sera_visible: bool
    paraitra_le: dt.date


def visibilite_de(pk: int) -> Visibilite | None:
    """Return what the public sees of the session with this key; None when it no longer exists."""
    lignes = _lecture(aujourd_hui()).lignes(cle=pk)
    return Visibilite(*lignes[0]) if lignes else None


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _lecture(jour: dt.date) -> Gardee[Session]:
    """Return the query that reads the session `cle` on `jour`; call it on that day."""
    colonnes = [champ.name for champ in fields(Visibilite)]
    return Gardee(avec_visibilite(Session.objects.filter(pk=Donnee("cle"))).values_list(*colonnes))


def avec_sa_certification(pk: int) -> Any:
    """Return the session with this key, as `avec_visibilite` does, with its certification; None without it.

    Few of its other columns are read.
    """
    lues = _lecture_avec_sa_certification(aujourd_hui()).lire(cle=pk)
    return lues[0] if lues else None


@lru_cache(maxsize=16)
def _lecture_avec_sa_certification(jour: dt.date) -> Gardee[Session]:
    """Return the query that reads the session `cle` on `jour`; call it on that day."""
    sessions = Session.objects.filter(pk=Donnee("cle")).select_related("action__offre__certification")
    return Gardee(avec_visibilite(sessions.only("action__offre__certification")))


def _prochaine_parution() -> Case:
    """Return the day of the next run that may show the session, as a column expression.

    It is today when today's run has not ended and the session was opened before today, else tomorrow.
    """
    du_jour = {"jour__gte": aujourd_hui()}
    du_bac = PassageDeBac.objects.finis().filter(organisme=OuterRef("organisme"), **du_jour)
    # A session of a sandbox appears with the runs of its sandbox.
    faite = Case(
        When(organisme__bac_a_sable=True, then=Exists(du_bac)),
        default=Exists(Passage.objects.finis().filter(**du_jour)),
        output_field=BooleanField(),
    )
    return Case(
        When(~Q(faite) & Q(ouverte_depuis__lt=minuit(aujourd_hui())), then=Value(aujourd_hui())),
        default=Value(demain()),
        output_field=DateField(),
    )


def booleen(q: Q) -> Case:
    """Return a condition as a column expression that is never null."""
    return Case(When(q, then=Value(True)), default=Value(False), output_field=BooleanField())


def visible_le(session: Any) -> dt.date | None:
    """Return the morning on which a waiting session will appear (D-25).

    The session comes from `avec_visibilite`. Return None when it is already visible or does not wait.
    """
    return session.paraitra_le if session.sera_visible and not session.est_visible else None


def vue_de(niveau: str, q: Q) -> Q:
    """Return the same condition, for an action or an offre instead of a session.

    The path from the session to this record is removed from the lookups.
    """
    chemin = {"session": "", "action": "action__", "offre": "action__offre__"}[niveau]
    return reecrire(q, lambda nom: nom.removeprefix(chemin))


def publiques() -> QuerySet[Parution]:
    """Return the parutions that the public reads now.

    They are the open parutions, restricted by the immediate conditions, which may only hide (D-20).

    Nothing of a sandbox is ever public. This is no condition of the list: in a sandbox, the members read of
    their sessions what the public would see, by its clock. The public side reads this set, `publiques_le`,
    `parues`, and the rows of `refaire_les_fiches`, which leaves sandboxes out too.
    """
    sessions = Session.objects.filter(HORS_DES_BACS_A_SABLE)
    return Parution.objects.ouvertes().filter(du__lte=aujourd_hui(), session__in=visibles(sessions))


def parues() -> IntervalleQuerySet:
    """Return the parutions that have been public, are or will be: those of every day, sandboxes apart."""
    toutes: IntervalleQuerySet = Parution.objects.filter(HORS_DES_BACS_A_SABLE)
    return toutes


def publiques_le(jour: dt.date) -> QuerySet[Parution]:
    """Return the parutions of `jour` without what was withdrawn since: what may be given of that day.

    For today, they are those that the public reads now.
    """
    if jour == aujourd_hui():
        return publiques()
    gardees = Session.objects.filter(conjonction(IMMEDIATES), HORS_DES_BACS_A_SABLE)
    return Parution.objects.au_jour(jour).filter(session__in=gardees)
