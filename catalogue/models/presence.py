"""Presence of users at the form of a record, shown to the other users; it is never a lock."""

from typing import TYPE_CHECKING, Self

from django.db import models

from edof.conservation import PRESENCES
from edof.horloge import maintenant_pour_tous
from organismes.models import Utilisateur

if TYPE_CHECKING:
    from catalogue.models.fiche import Fiche


class PresenceQuerySet(models.QuerySet):
    """Presences of users at forms."""

    def autres(self, fiche: "Fiche", sauf: Utilisateur) -> Self:
        """Return the presences of other users at this form in the last minutes, the latest first."""
        recentes = self.filter(
            niveau=fiche._meta.model_name,
            fiche_id=fiche.pk,
            vue_le__gte=maintenant_pour_tous() - PRESENCES.duree,
        )
        return recentes.exclude(utilisateur=sauf).select_related("utilisateur").order_by("-vue_le")

    def perimees(self) -> Self:
        """Return the presences that are too old to be shown."""
        return self.filter(vue_le__lt=maintenant_pour_tous() - PRESENCES.duree)

    def noter(self, fiche: "Fiche", utilisateur: Utilisateur) -> None:
        """Record that this user has the form open now."""
        presence = Presence(
            utilisateur=utilisateur,
            niveau=fiche._meta.model_name,
            fiche_id=fiche.pk,
            vue_le=maintenant_pour_tous(),
        )
        self.bulk_create(
            [presence],
            update_conflicts=True,
            unique_fields=["utilisateur", "niveau", "fiche_id"],
            update_fields=["vue_le"],
        )


class Presence(models.Model):
    """The presence of a user at the form of a record, with the last time the user was seen there."""

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
