"""The session: the period during which an action is delivered (S-07)."""

import datetime as dt
from collections.abc import Iterator
from typing import Any, ClassVar, Self
from uuid import UUID

import pghistory
from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from catalogue.cycle_de_vie import Condition, Refus, Statut, transition_par
from catalogue.models import Action, Fiche, FicheQuerySet
from catalogue.models.fiche import A_COMPLETER, parents_pretes
from catalogue.regles import Regle
from edof.colonnes import CaseField, DateField, LienField, OuiNonField
from edof.horloge import aujourd_hui, demain, jour_de, maintenant
from edof.pliage import Plie
from edof.texte_leger import TexteLegerField
from edof.trios import IndexDesTrios
from edof.versions import versionnee
from organismes.droits import Acteur, Operation
from organismes.models import Adresse, Contact, Organisme
from sessions_app.coherence import REGLES_DE_LA_LIGNE, REGLES_SESSION, debut_a_venir
from sessions_app.delais import ANNEES_AU_PLUS, JOURS_OUVRES_AVANT_L_ENTREE, commence_trop_tot, est_lointaine
from sessions_app.fermetures import Fermeture
from sessions_app.habitudes import Habitude
from sessions_app.plans import Programmation
from sessions_app.plans_remis import remettre

__all__ = ["Fermeture", "Habitude", "Programmation", "Session", "SessionQuerySet"]


def _deja_ouverte(session: "Session") -> Iterator[Refus]:
    if session.statut == Statut.ACTIVE and session.ouverte:
        yield Refus("La session est déjà ouverte à l'inscription.", deja=True)


def _deja_fermee(session: "Session") -> Iterator[Refus]:
    if not session.ouverte:
        yield Refus("La session est déjà fermée à l'inscription.", deja=True)


def _prete_a_ouvrir(session: "Session") -> Iterator[Refus]:
    """Yield the reasons why the session is not ready to open.

    It must be complete, coherent with its action, and start on J+1 at the earliest (D-08, D-09).
    """
    for regle in (*session.empechements(), debut_a_venir(demain())):
        if not regle.est_respectee(session):
            yield Refus(regle.raison, regle.champ, session, regle.slug)


class SessionQuerySet(FicheQuerySet):
    """Sessions, with their order on the screen."""

    def dans_l_ordre(self) -> Self:
        """Order the sessions as in D-33.

        Open and future ones come first, by start; then those without dates, the closed, the past and the
        archived ones.
        """
        rang = Case(
            When(statut=Statut.ARCHIVEE, then=Value(4)),
            When(date_debut__lte=aujourd_hui(), then=Value(3)),
            When(Q(statut=Statut.ACTIVE, ouverte=False), then=Value(2)),
            When(date_debut__isnull=True, then=Value(1)),
            default=Value(0),
        )
        return self.annotate(rang=rang).order_by("rang", F("date_debut").asc(nulls_last=True), "pk")

    def vider_les_dates(self, *, par: Acteur) -> int:
        """Empty the dates of these sessions, because their action has become permanent; return their number.

        In one statement, signed in the history; the caller holds the lock of the action.
        """
        with pghistory.context(operation="modifier", origine="formulaire", **par.signature):
            return self.update(
                pas_de_dates=True,
                date_debut=None,
                date_fin=None,
                dates_saisies_le=aujourd_hui(),
                modifie_le=maintenant(),
            )

    def apres(self, operation: Operation) -> list[str]:
        """Cancel the plans of these sessions (D-46)."""
        return Programmation.objects.filter(session__in=self).annuler_apres(operation)

    def rendre_les_suites(self, contexte: UUID, avant: dt.datetime | None = None) -> None:
        """Put back the plans of these sessions that the operation cancelled or deleted."""
        remettre(contexte, self, avant)


@versionnee
@pghistory.track()
class Session(Fiche):
    """A session: when an action takes place, and whether one may enrol.

    Its `statut`, whether it is `ouverte` and whether it is visible (`publication.visibilite`) are three
    separate facts: see docs/decisions/0001-trois-faits.md.
    """

    GENRE = "La session"
    PARENT = "action"
    REGLES: ClassVar[tuple[Regle, ...]] = REGLES_SESSION
    VALEURS_D_ARCHIVE: ClassVar[dict[str, Any]] = {
        "statut": Statut.ARCHIVEE,
        "ouverte": False,
        "ouverte_depuis": None,
    }

    # Both have an index that begins with them, below.
    organisme = models.ForeignKey(
        Organisme,
        on_delete=models.PROTECT,
        db_index=False,
        related_name="sessions",
        verbose_name="organisme",
    )
    action = models.ForeignKey(
        Action, on_delete=models.CASCADE, db_index=False, related_name="sessions", verbose_name="action"
    )
    pas_de_dates = CaseField("Pas de dates de session", default=False)
    date_debut = DateField("Du", null=True, blank=True)
    date_fin = DateField("au", null=True, blank=True)
    dates_saisies_le = models.DateField("dates saisies le", default=aujourd_hui, editable=False)
    garantie = OuiNonField("Garantie de session")
    contact_inscription = LienField(
        Contact,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name="Contact d'inscription",
    )
    adresse_inscription = LienField(
        Adresse,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="sessions",
        verbose_name="Adresse d'inscription",
    )
    modalites_particulieres = TexteLegerField("Modalités particulières")
    ouverte = CaseField("ouverte à l'inscription", default=False, editable=False)
    # Since when it has been open; a closing undone on the same day does not count (D-20). The publication
    # waits for the morning after this instant.
    ouverte_depuis = models.DateTimeField("ouverte depuis", null=True, editable=False)
    fermee_le = models.DateTimeField("fermée le", null=True, editable=False)

    # The sessions that were created together, so that they can be selected together (D-47).
    serie = models.UUIDField("série", null=True, editable=False)

    objects = SessionQuerySet.as_manager()

    class Meta:
        verbose_name = "session"
        verbose_name_plural = "sessions"
        constraints = [
            *Fiche.contraintes(REGLES_DE_LA_LIGNE, "session", "action"),
            models.CheckConstraint(
                condition=Q(ouverte=False) | Q(statut=Statut.ACTIVE.value, ouverte_depuis__isnull=False),
                name="session_ouverte_donc_active",
            ),
            models.CheckConstraint(
                condition=Q(statut__in=[statut.value for statut in A_COMPLETER])
                | Q(date_debut__isnull=True)
                | Q(date_fin__gte=F("date_debut")),
                name="session_fin_apres_debut",
            ),
        ]
        indexes = [
            models.Index(fields=["organisme", "statut"], name="session_par_statut"),
            models.Index(fields=["action", "date_debut"], name="session_par_date"),
            # For the search of the catalogue: an identifier in an organisme, and a part of one.
            models.Index(fields=["organisme", "identifiant_normalise"], name="session_par_nom"),
            IndexDesTrios("identifiant", par="organisme", name="session_par_trios"),
            # For the lists of the administration: all organismes together, latest first, and by the beginning
            # of an identifier.
            models.Index(fields=["statut", "ouverte", "-id"], name="session_par_etat"),
            models.Index(
                OpClass(Plie("identifiant"), name="text_pattern_ops"), name="session_par_identifiant"
            ),
            # For the lists of the accueil, which read their first records.
            models.Index(
                fields=["organisme", "date_debut"],
                condition=Q(statut=Statut.ACTIVE.value),
                name="session_active_par_debut",
            ),
            models.Index(
                fields=["organisme", "date_fin"],
                condition=Q(statut=Statut.ACTIVE.value),
                name="session_active_par_fin",
            ),
            models.Index(
                fields=["organisme", "modifie_le", "id"],
                condition=Q(statut=Statut.BROUILLON.value),
                name="session_brouillon_par_date",
            ),
            # « Toute la série », among all the sessions of an organisme.
            models.Index(fields=["serie"], condition=Q(serie__isnull=False), name="session_par_serie"),
        ]

    @property
    def commencee(self) -> bool:
        """Return whether the start date has come (D-24)."""
        return self.date_debut is not None and self.date_debut <= aujourd_hui()

    @property
    def terminee(self) -> bool:
        """Return whether the end date has passed."""
        return self.date_fin is not None and self.date_fin < aujourd_hui()

    def parents(self) -> list[Fiche]:
        """Return the action and the offre, nearest first."""
        return [self.action, self.action.offre]

    @classmethod
    def a_suivre(cls) -> Exists:
        """Return whether the session has plans that a change may cancel."""
        return Exists(Programmation.objects.en_suspens().filter(session=OuterRef("pk")))

    def appliquer(self, valeurs: dict[str, Any]) -> None:
        """Set the values on the session; dates that change count as typed today (D-08)."""
        avant = (self.date_debut, self.date_fin)
        super().appliquer(valeurs)
        if (self.date_debut, self.date_fin) != avant:
            self.dates_saisies_le = aujourd_hui()

    def avertissements(self) -> Iterator[str]:
        """Yield warnings, which never refuse the session.

        They are about a certification no longer in force (D-26), a start too close for the dossier of a
        titulaire, and a mistyped year.
        """
        certification = self.action.offre.certification
        if certification and (reserve := certification.reserve(self.date_debut)):
            yield reserve
        if self.date_debut and commence_trop_tot(self.date_debut, aujourd_hui()):
            yield (
                f"La session commence moins de {JOURS_OUVRES_AVANT_L_ENTREE} jours ouvrés après aujourd'hui :"
                " un titulaire qui s'inscrit n'aura sans doute pas le temps d'y entrer."
            )
        if self.date_debut and est_lointaine(self.date_debut, aujourd_hui()):
            annee = self.date_debut.year
            yield f"La session commence en {annee}, dans plus de {ANNEES_AU_PLUS} ans : vérifiez l'année."
        elif self.date_fin and est_lointaine(self.date_fin, self.date_debut or aujourd_hui()):
            annee = self.date_fin.year
            yield (
                f"La session finit en {annee}, plus de {ANNEES_AU_PLUS} ans après son début : vérifiez"
                " l'année."
            )

    @transition_par(
        Operation.OUVRIR,
        de=[Statut.VALIDEE, Statut.ACTIVE],
        vers=Statut.ACTIVE,
        conditions=[
            Condition(_deja_ouverte, masque=True),
            Condition(parents_pretes),
            Condition(_prete_a_ouvrir),
        ],
    )
    def ouvrir_a_l_inscription(self, *, avant_la_fermeture: Any = None) -> None:
        """Open the session to enrolment: session, action and offre become active (S-106, D-11).

        Whoever executes the operation saves the parents that it has changed.

        When it is opened again on the day it was closed, the closing does not count (D-20); otherwise it
        waits for J+1 again. `avant_la_fermeture` is the session before the closing that this opening undoes:
        the instant of the closing is forgotten too (D-48).
        """
        instant = maintenant()
        fermee_aujourd_hui = self.fermee_le is not None and jour_de(self.fermee_le) == jour_de(instant)
        if self.ouverte_depuis is None or not fermee_aujourd_hui:
            self.ouverte_depuis = instant
        if avant_la_fermeture is not None:
            self.fermee_le = avant_la_fermeture.fermee_le
        self.ouverte = True
        self.a_ete_active = True
        for parent in self.parents():
            if parent.statut != Statut.ACTIVE:
                parent.devenir_active()

    @transition_par(
        Operation.FERMER,
        de=[Statut.ACTIVE],
        vers=Statut.ACTIVE,
        conditions=[Condition(_deja_fermee, masque=True)],
    )
    def fermer_a_l_inscription(self) -> None:
        """Close the session to enrolment, without any change of status (S-119, D-12).

        The public can no longer see it from that moment on (D-20).
        """
        self.ouverte = False
        self.fermee_le = maintenant()
