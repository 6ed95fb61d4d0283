"""The days on which nobody is taught: school holidays by zone, and the closures of an organisme.

Public holidays are computed (`calendrier`): they are in no table.
"""

from typing import Self

import pghistory
from django.db import models
from django.db.models import F, Q

from edof.champs import JourField, LigneField
from edof.textes import valider_texte
from organismes.models import Organisme
from organismes.models.organisme import DateDeModificationField

# The longest closure, and how many an organisme keeps.
JOURS_AU_PLUS, FERMETURES_AU_PLUS = 366, 200


class ZoneScolaire(models.TextChoices):
    """The zones of the school calendar; Corsica and the overseas territories have calendars of their own."""

    A = "A", "Zone A"
    B = "B", "Zone B"
    C = "C", "Zone C"


class FermetureQuerySet(models.QuerySet["Fermeture"]):
    """Closures: those of an organisme, or those of everybody."""

    def pour_organisme(self, organisme: Organisme | None) -> Self:
        """Return the closures that this organisme has typed, without the school holidays."""
        return self.filter(organisme=organisme) if organisme is not None else self.none()

    def du_calendrier(self, organisme: Organisme) -> Self:
        """Return the closures of this organisme and the school holidays of every zone."""
        return self.filter(Q(organisme=organisme) | Q(organisme=None))


@pghistory.track()
class Fermeture(models.Model):
    """A period without sessions: school holidays of a zone, or a closure of one organisme."""

    class Genre(models.TextChoices):
        """Who decides of the period."""

        VACANCES = "vacances", "Vacances scolaires"
        PROPRE = "propre", "Fermeture de l'organisme"

    genre = models.CharField("genre", max_length=8, choices=Genre.choices, default=Genre.VACANCES)
    organisme = models.ForeignKey(
        Organisme,
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="fermetures",
        verbose_name="organisme",
    )
    zone = models.CharField("zone", max_length=1, choices=ZoneScolaire.choices, blank=True)
    du = JourField("du")
    au = JourField("au", help_text="Dernier jour, compris.")
    nom = LigneField("nom", max_length=80, validators=[valider_texte])
    source = LigneField(
        "source",
        max_length=255,
        blank=True,
        validators=[valider_texte],
        help_text="Pour mémoire : le texte ou les données d'où vient cette période.",
    )
    modifie_le = DateDeModificationField("modifié le")

    objects = FermetureQuerySet.as_manager()

    class Meta:
        verbose_name = "fermeture ou vacances scolaires"
        verbose_name_plural = "fermetures et vacances scolaires"
        ordering = ["du", "au", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(au__gte=F("du")),
                name="fermeture_dates",
                violation_error_code="au",
                violation_error_message="Le dernier jour précède le premier.",
            ),
            # School holidays have a zone and no organisme; the closure of an organisme, the contrary.
            models.CheckConstraint(
                condition=Q(genre="vacances", organisme__isnull=True) & ~Q(zone="")
                | Q(genre="propre", organisme__isnull=False, zone=""),
                name="fermeture_a_qui",
                violation_error_message=(
                    "Des vacances scolaires ont une zone et pas d'organisme ; la fermeture d'un organisme, le"
                    " contraire."
                ),
            ),
            models.UniqueConstraint(
                fields=["organisme", "du", "au", "nom"],
                condition=Q(genre="propre"),
                name="fermeture_une_fois",
                violation_error_message="Cette fermeture est déjà dans la liste.",
            ),
            models.UniqueConstraint(
                fields=["zone", "du"],
                condition=Q(genre="vacances"),
                name="fermeture_vacances_une_fois",
                violation_error_message="Cette zone a déjà des vacances qui commencent ce jour-là.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.nom}, zone {self.zone}" if self.zone else self.nom
