"""The planned operations: an opening or a closing that a person ordered for a day (D-46).

`sessions_app/programmation.py` orders and cancels them, `sessions_app/programmations_dues.py` carries them
out.
"""

import datetime as dt
from collections.abc import Collection, Iterable
from functools import cache
from typing import Any, ClassVar, Self

import pghistory
from django.db import models
from django.db.models import F, Q

from edof.gardees import Donnee, Gardee, parmi
from edof.horloge import aujourd_hui, jour_de, maintenant
from edof.templatetags.affichage import date_longue, pluriel
from organismes.auteurs import nom_de_l_auteur
from organismes.droits import Operation
from organismes.models import Jeton, Organisme, Utilisateur
from organismes.models.organisme import AppartenantQuerySet

NOMS = {Operation.OUVRIR: "Ouverture", Operation.FERMER: "Fermeture"}
# What a change of the session may close: the plans to come, and the refused ones that nobody has dismissed.
_EN_SUSPENS = Q(etat="prevue") | Q(etat="refusee", ecartee_le__isnull=True)
# How long a card says that a plan was carried out late.
RETARD_MONTRE = dt.timedelta(days=7)
# The operations on a session that cancel its plans, with the reason that is kept. An opening or a closing
# cancels only the plan of the same operation, which has no object any more.
ANNULENT = {
    Operation.MODIFIER: "La session a été modifiée.",
    Operation.VALIDER: "La session a été modifiée.",
    Operation.ARCHIVER: "La session a été archivée.",
    Operation.OUVRIR: "La session a été ouverte sans attendre.",
    Operation.FERMER: "La session a été fermée sans attendre.",
}


class ProgrammationQuerySet(AppartenantQuerySet):
    """Planned operations."""

    def prevues(self) -> Self:
        """Return the plans that are still to be carried out, in the order of their days."""
        return self.filter(etat=Programmation.Etat.PREVUE).order_by("jour", "pk")

    def dues(self, jour: dt.date) -> Self:
        """Return the plans to carry out on `jour`, late ones included, in order."""
        return self.prevues().filter(jour__lte=jour)

    def refusees(self) -> Self:
        """Return the refused plans that nobody has dismissed, latest first."""
        return self.filter(etat=Programmation.Etat.REFUSEE, ecartee_le__isnull=True).order_by("-jour", "-pk")

    def en_suspens(self) -> Self:
        """Return the plans that a change of their session may close."""
        return self.filter(_EN_SUSPENS)

    def a_montrer(self, depuis: Any = None) -> Self:
        """Return what a session says of its plans: to come, refused, or carried out late since `depuis`.

        By default, these last days.
        """
        en_retard = Q(
            etat=Programmation.Etat.FAITE,
            close_le__gte=depuis or maintenant() - RETARD_MONTRE,
            close_le__date__gt=F("jour"),
        )
        return self.filter(_EN_SUSPENS | en_retard).select_related("par", "jeton").order_by("jour", "pk")

    def clore(self, etat: "Programmation.Etat", raison: str = "") -> int:
        """Give these plans their last state, with its reason; return how many."""
        return self.update(etat=etat, raison=raison, close_le=maintenant())

    def ecarter(self) -> int:
        """Dismiss these refusals: the accueil and the cards no longer show them."""
        return self.refusees().order_by().update(ecartee_le=maintenant())

    def annuler_apres(self, operation: Operation) -> list[str]:
        """Cancel the plans of sessions that `operation` has just changed, and return what to say of it.

        The caller has locked the sessions. It is one query when there is nothing to cancel.
        """
        if operation not in ANNULENT:
            return []
        visees = self.filter(operation=operation) if operation in NOMS else self
        # What was refused is done by now, or has no object any more; but not after a mere change.
        refusees_aussi = operation not in {Operation.MODIFIER, Operation.VALIDER}
        encore = visees.en_suspens() if refusees_aussi else visees.prevues()
        trouvees: list[Any] = list(encore.order_by("jour", "pk"))
        prevues = [plan for plan in trouvees if plan.etat == Programmation.Etat.PREVUE]
        if len(prevues) < len(trouvees):
            Programmation.objects.filter(pk__in=[plan.pk for plan in trouvees]).ecarter()
        if not prevues:
            return []
        en_attente = Programmation.objects.filter(pk__in=[plan.pk for plan in prevues])
        en_attente.clore(Programmation.Etat.ANNULEE, ANNULENT[operation])
        if len(prevues) > 2:
            annulees = "ouverture ou fermeture programmée est annulée,ouvertures et fermetures programmées"
            return [f"{pluriel(len(prevues), annulees + ' sont annulées')}."]
        return [f"{plan.nom} programmée le {date_longue(plan.jour)} : elle est annulée." for plan in prevues]


@pghistory.track()
class Programmation(models.Model):
    """An opening or a closing of a session that a person, or a program, ordered for a day.

    It is carried out with the rights that its author has on that day.
    """

    class Etat(models.TextChoices):
        """What became of the plan."""

        PREVUE = "prevue", "Prévue"
        FAITE = "faite", "Faite"
        REFUSEE = "refusee", "Refusée"
        ANNULEE = "annulee", "Annulée"

    # The model of its history rows.
    pgh_event_model: ClassVar[Any]
    OPERATIONS: ClassVar[list[tuple[str, str]]] = [(operation.value, operation.label) for operation in NOMS]

    organisme = models.ForeignKey(
        Organisme,
        on_delete=models.CASCADE,
        db_index=False,
        related_name="programmations",
        verbose_name="organisme",
    )
    session = models.ForeignKey(
        "sessions_app.Session",
        on_delete=models.CASCADE,
        related_name="programmations",
        verbose_name="session",
    )
    operation = models.CharField("opération", max_length=10, choices=OPERATIONS)
    jour = models.DateField("prévue pour le")
    etat = models.CharField("état", max_length=8, choices=Etat.choices, default=Etat.PREVUE)
    raison = models.TextField("raison", blank=True)
    par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="programmée par"
    )
    jeton = models.ForeignKey(
        Jeton, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="avec le jeton"
    )
    prevue_le = models.DateTimeField("programmée le", default=maintenant)
    # When it was carried out, refused or cancelled.
    close_le = models.DateTimeField("faite, refusée ou annulée le", null=True)
    # Whether its author was told of the refusal, and since when the accueil no longer shows it.
    prevenue = models.BooleanField("refus annoncé", default=False)
    ecartee_le = models.DateTimeField("refus écarté le", null=True)

    objects = ProgrammationQuerySet.as_manager()

    class Meta:
        verbose_name = "programmation"
        verbose_name_plural = "programmations"
        ordering = ["-jour", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["session", "operation"],
                condition=Q(etat="prevue"),
                name="programmation_prevue_unique",
            ),
            models.CheckConstraint(
                condition=Q(operation__in=[operation.value for operation in NOMS]),
                name="programmation_operation_connue",
            ),
            models.CheckConstraint(
                condition=Q(etat__in=["faite", "refusee", "annulee"], close_le__isnull=False)
                | Q(etat="prevue", close_le__isnull=True),
                name="programmation_etat_connu",
            ),
        ]
        indexes = [
            models.Index(fields=["jour", "id"], condition=Q(etat="prevue"), name="programmation_due"),
            models.Index(
                fields=["organisme", "jour"],
                condition=Q(etat="prevue"),
                name="programmation_prevue",
            ),
            models.Index(
                fields=["organisme", "-jour"],
                condition=Q(etat="refusee", ecartee_le__isnull=True),
                name="programmation_refusee",
            ),
            models.Index(
                fields=["id"],
                condition=Q(etat="refusee", prevenue=False),
                name="programmation_a_annoncer",
            ),
        ]

    def __str__(self) -> str:
        return self.phrase

    @property
    def nom(self) -> str:
        """Return « Ouverture » or « Fermeture »."""
        return NOMS[Operation(self.operation)]

    @property
    def visible_le(self) -> dt.date | None:
        """Return the first morning on which the public would see the session (D-20); None for a closing."""
        return self.jour + dt.timedelta(days=1) if self.operation == Operation.OUVRIR else None

    @property
    def auteur(self) -> str:
        """Return the author, as written after « par »."""
        nom = nom_de_l_auteur(self.par, self.jeton.nom if self.jeton else "")
        return nom if self.par else nom[:1].lower() + nom[1:]

    @property
    def en_retard(self) -> bool:
        """Return whether it was carried out after its day, or should have been by now."""
        fait = aujourd_hui() if self.close_le is None else jour_de(self.close_le)
        return self.etat in {self.Etat.PREVUE, self.Etat.FAITE} and self.jour < fait

    @property
    def en_bref(self) -> str:
        """Return the plan as a narrow column says it."""
        if self.etat == self.Etat.REFUSEE:
            return f"{self.nom} programmée refusée"
        if self.etat == self.Etat.PREVUE and not self.en_retard:
            verbe = "Ouvre" if self.operation == Operation.OUVRIR else "Ferme"
            return f"{verbe} le {date_longue(self.jour)}"
        return self.phrase

    @property
    def phrase(self) -> str:
        """Return the plan as a card says it, without its author."""
        jour, close = date_longue(self.jour), date_longue(self.close_le and jour_de(self.close_le))
        if self.etat == self.Etat.PREVUE and self.en_retard:
            return f"{self.nom} prévue le {jour}, pas encore faite"
        if self.etat == self.Etat.PREVUE:
            suite = f", visible le {date_longue(self.visible_le)}" if self.visible_le else ""
            return f"{self.nom} programmée le {jour}{suite} au matin"
        if self.etat == self.Etat.FAITE:
            return f"{self.nom} prévue le {jour}, faite le {close}"
        if self.etat == self.Etat.REFUSEE:
            return f"{self.nom} programmée le {jour}, refusée. {self.raison}"
        return f"{self.nom} programmée le {jour}, annulée le {close}. {self.raison}"


def plans_de(sessions: Iterable[int]) -> dict[int, list[Programmation]]:
    """Return what each of these sessions says of its plans, by key of session; in one query."""
    plans: dict[int, list[Programmation]] = {session: [] for session in sessions}
    for plan in _a_montrer().lire(sessions=list(plans), depuis=maintenant() - RETARD_MONTRE):
        plans[plan.session_id].append(plan)
    return plans


def lire_les_plans(sessions: Collection[Any]) -> None:
    """Set on each of these sessions what it says of its plans, as `plans`; in one query."""
    plans = plans_de(session.pk for session in sessions) if sessions else {}
    for session in sessions:
        session.plans = plans[session.pk]


@cache
def _a_montrer() -> Gardee[Programmation]:
    """Return the query of what `sessions` say of their plans."""
    return Gardee(Programmation.objects.filter(parmi("session", "sessions")).a_montrer(Donnee("depuis")))
