"""Who has the form of a record open: told to the others, never a lock."""

import datetime as dt
from typing import TYPE_CHECKING, Self

from django.db import models

from edof.horloge import maintenant
from organismes.models import Utilisateur

if TYPE_CHECKING:
    from catalogue.models.fiche import Fiche

MINUTES = 5


class PresenceQuerySet(models.QuerySet):
    """Who is where."""

    def autres(self, fiche: "Fiche", sauf: Utilisateur) -> Self:
        """The other people who had the form of this record open in the last minutes, the latest first."""
        recentes = self.filter(
            niveau=fiche._meta.model_name,
            fiche_id=fiche.pk,
            vue_le__gte=maintenant() - dt.timedelta(minutes=MINUTES),
        )
        return recentes.exclude(utilisateur=sauf).select_related("utilisateur").order_by("-vue_le")

    def perimees(self) -> Self:
        """Those that nobody is told of any more."""
        return self.filter(vue_le__lt=maintenant() - dt.timedelta(minutes=MINUTES))

    def noter(self, fiche: "Fiche", utilisateur: Utilisateur) -> None:
        """This person has the form open now."""
        presence = Presence(
            utilisateur=utilisateur, niveau=fiche._meta.model_name, fiche_id=fiche.pk, vue_le=maintenant()
        )
        self.bulk_create(
            [presence],
            update_conflicts=True,
            unique_fields=["utilisateur", "niveau", "fiche_id"],
            update_fields=["vue_le"],
        )


class Presence(models.Model):
    """A person at the form of a record, and when it was last seen there."""

    utilisateur = models.ForeignKey(
        Utilisateur, on_delete=models.CASCADE, related_name="+", verbose_name="utilisateur"
    )
    niveau = models.CharField("niveau", max_length=10)
    fiche_id = models.BigIntegerField("fiche")
    vue_le = models.DateTimeField("vue le")

    objects = PresenceQuerySet.as_manager()

    class Meta:
        verbose_name = "présence"
        verbose_name_plural = "présences"
        constraints = [
            models.UniqueConstraint(fields=["utilisateur", "niveau", "fiche_id"], name="presence_unique")
        ]
        indexes = [models.Index(fields=["niveau", "fiche_id", "vue_le"], name="presence_par_fiche")]

    def __str__(self) -> str:
        return f"{self.utilisateur} ({self.niveau} {self.fiche_id})"
