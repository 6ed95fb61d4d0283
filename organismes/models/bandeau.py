"""Banners: messages of the administrator, displayed under the header of the pages."""

from functools import cache

import pghistory
from django.db import models
from django.db.models import F, Q

from edof.champs import LignesField
from edof.gardees import Donnee, Gardee
from edof.horloge import maintenant, maintenant_pour_tous
from edof.textes import valider_texte
from organismes.models.organisme import DateDeModificationField, Organisme


class BandeauQuerySet(models.QuerySet):
    """A queryset of banners, addressed to everybody or to one organisme."""

    def affiches(self, organisme: Organisme | None) -> "list[Bandeau]":
        """Return the banners displayed now to the members of this organisme, alerts first.

        With None, return those displayed to a user without organisme.
        """
        return _affiches().lire(organisme=organisme and organisme.pk, instant=maintenant_pour_tous())


@pghistory.track()
class Bandeau(models.Model):
    """A banner: a message in plain text, displayed from `du` until `au`, to one organisme or to all."""

    class Niveau(models.TextChoices):
        """The level of a banner; the alphabetical order of the values is that of importance."""

        ALERTE = "alerte", "Alerte"
        INFO = "info", "Information"

    message = LignesField(
        "message",
        max_length=300,
        validators=[valider_texte],
        help_text="300 caractères au plus, en texte simple.",
    )
    niveau = models.CharField("niveau", max_length=10, choices=Niveau.choices, default=Niveau.INFO)
    du = models.DateTimeField("affiché à partir du", default=maintenant, help_text="Heure de Paris.")
    au = models.DateTimeField(
        "jusqu'au", null=True, blank=True, help_text="Heure de Paris ; vide : jusqu'à nouvel ordre."
    )
    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, null=True, blank=True, related_name="bandeaux",
        verbose_name="organisme",
        help_text="Vide : pour tous les organismes.",
    )  # fmt: skip
    modifie_le = DateDeModificationField("modifié le")

    objects = BandeauQuerySet.as_manager()

    class Meta:
        verbose_name = "bandeau"
        verbose_name_plural = "bandeaux"
        constraints = [
            models.CheckConstraint(
                condition=Q(au__isnull=True) | Q(au__gt=F("du")),
                name="bandeau_dates",
                violation_error_message="La fin de l'affichage précède son début.",
            )
        ]

    def __str__(self) -> str:
        return self.message[:60]


@cache
def _affiches() -> Gardee[Bandeau]:
    """Return the query of the banners of every page, displayed to the key `organisme` at `instant`."""
    pour = Q(organisme__isnull=True) | Q(organisme=Donnee("organisme"))
    en_cours = Q(du__lte=Donnee("instant")) & (Q(au__isnull=True) | Q(au__gt=Donnee("instant")))
    return Gardee(Bandeau.objects.filter(pour, en_cours).order_by("niveau", "-du", "pk"))
