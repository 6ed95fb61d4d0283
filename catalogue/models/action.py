"""The action: access and teaching modalities, and the price (S-06)."""

from typing import ClassVar, Self

import pghistory
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from catalogue.models.fiche import Fiche, FicheQuerySet
from catalogue.models.offre import Offre
from catalogue.nomenclatures import Enseignement, EntreesSorties
from catalogue.regles import Regle, obligatoire
from organismes.models import Adresse

REGLES_ACTION: tuple[Regle, ...] = (
    obligatoire(
        "modalites_entrees_sorties",
        "Indiquez les modalités d'entrées ou de sorties.",
        "Les modalités d'entrées ou de sorties sont indiquées.",
        texte=True,
    ),
    obligatoire(
        "modalites_enseignement",
        "Indiquez les modalités d'enseignement.",
        "Les modalités d'enseignement sont indiquées.",
        texte=True,
    ),
    obligatoire("lieu_de_formation", "Indiquez le lieu de formation.", "Le lieu de formation est indiqué."),
    obligatoire("total_ttc", "Renseignez le prix de l'action.", "Le prix est renseigné."),
)


@pghistory.track()
class Action(Fiche):
    """How an offre is taught, where, and for how much."""

    GENRE = "L'action"
    REGLES: ClassVar[tuple[Regle, ...]] = REGLES_ACTION

    offre = models.ForeignKey(Offre, on_delete=models.CASCADE, related_name="actions", verbose_name="offre")
    modalites_entrees_sorties = models.CharField("modalités d'entrées ou de sorties", max_length=20, choices=EntreesSorties.choices, blank=True)
    modalites_enseignement = models.CharField("modalités d'enseignement", max_length=20, choices=Enseignement.choices, blank=True)
    lieu_de_formation = models.ForeignKey(
        Adresse, on_delete=models.PROTECT, null=True, blank=True, related_name="actions", verbose_name="lieu de formation"
    )
    duree_totale = models.PositiveIntegerField("durée totale en heures", null=True, blank=True)
    total_ttc = models.DecimalField(
        "total TTC, en euros", max_digits=12, decimal_places=2, null=True, blank=True, validators=[MinValueValidator(0)]
    )

    objects = FicheQuerySet.as_manager()

    class Meta:
        verbose_name = "action"
        verbose_name_plural = "actions"
        constraints = [
            *Fiche.contraintes(REGLES_ACTION, "action", "offre"),
            models.CheckConstraint(condition=Q(total_ttc__isnull=True) | Q(total_ttc__gte=0), name="action_prix_positif"),
        ]
        indexes = [models.Index(fields=["offre", "-modifie_le", "-id"], name="action_par_date")]

    @property
    def a_distance(self) -> bool:
        """Whether it is wholly taught at a distance."""
        return self.modalites_enseignement == Enseignement.A_DISTANCE

    @property
    def ville(self) -> str:
        """The town in capitals (S-18), « À DISTANCE » where there is none to go to."""
        if self.a_distance:
            return "À DISTANCE"
        return self.lieu_de_formation.ville_affichee if self.lieu_de_formation else "LIEU À PRÉCISER"

    def parents(self) -> list[Fiche]:
        """Its offre."""
        return [self.offre]

    def verrouiller(self) -> Self:
        """Lock the offre, then the action."""
        self.offre = self.offre.verrouiller()
        if not self.pk:
            return self
        action = type(self).objects.select_for_update(no_key=True).get(pk=self.pk)
        action.offre = self.offre
        return action

    def descendants(self) -> list[FicheQuerySet]:
        """Its sessions."""
        return [self.sessions.all()]
