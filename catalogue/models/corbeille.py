"""The « Corbeille »: the deletions that can still be undone.

The deleted content itself stays in the history.
"""

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self
from uuid import UUID

from django.db import models

from edof.conservation import CORBEILLE
from edof.horloge import aujourd_hui, jour_de, maintenant, minuit
from organismes.auteurs import nom_de_l_auteur
from organismes.models import Jeton, Organisme, Utilisateur
from organismes.models.organisme import AppartenantQuerySet

if TYPE_CHECKING:
    from catalogue.models.fiche import Fiche

JOURS_GARDES = CORBEILLE.duree.days


class SuppressionQuerySet(AppartenantQuerySet):
    """Deletions, with those that may still be undone."""

    def gardees(self) -> Self:
        """Return the deletions that can still be undone."""
        return self.filter(supprimee_le__gte=_debut())

    def perimees(self) -> Self:
        """Return those whose thirty days, counted by the calendar of Paris, are over."""
        return self.filter(supprimee_le__lt=_debut())


def _debut() -> dt.datetime:
    return minuit(aujourd_hui() - dt.timedelta(days=JOURS_GARDES))


class Suppression(models.Model):
    """One deletion of a record and its descendants.

    `contexte` is the context of the history that contains the deleted rows.
    """

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="suppressions", verbose_name="organisme"
    )
    contexte = models.UUIDField("contexte", unique=True)
    niveau = models.CharField("niveau", max_length=10)
    identifiant = models.CharField("identifiant", max_length=30)
    intitule = models.CharField("intitulé", max_length=255)
    emportees = models.JSONField("fiches emportées", default=dict)
    supprimee_le = models.DateTimeField("supprimée le", default=maintenant)
    supprimee_par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="supprimée par"
    )
    jeton = models.ForeignKey(
        Jeton, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="supprimée avec le jeton"
    )

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = "suppression"
        verbose_name_plural = "corbeille"
        ordering = ["-supprimee_le", "-pk"]
        indexes = [models.Index(fields=["organisme", "-supprimee_le"], name="suppression_par_date")]

    def __str__(self) -> str:
        return self.identifiant

    @classmethod
    def deposer(
        cls, fiches: "Sequence[Fiche]", emportees: dict[str, int], *, contexte: UUID, **par: Any
    ) -> None:
        """Record the deletion of these records, and the number of those that they took with them, by level.

        A second call for the same context adds its numbers to the first.
        """
        premiere = fiches[0]
        niveau, noms = str(premiere._meta.model_name), premiere._meta
        deja = cls.objects.filter(contexte=contexte).first()
        nombres = Counter(emportees)
        if deja or len(fiches) > 1:
            nombres[niveau] += len(fiches)
            nombres.update(deja.emportees if deja else {})
            identifiant = f"{nombres[niveau]} {noms.verbose_name_plural}"
            intitule = f"{identifiant} supprimées ensemble"
        else:
            chemin = [parent.identifiant for parent in reversed(premiere.parents())]
            identifiant = premiere.identifiant
            intitule = " › ".join([*chemin, getattr(premiere, "intitule", "") or identifiant])[:255]
        deposee = deja or cls(organisme_id=premiere.organisme_id, contexte=contexte, niveau=niveau, **par)
        deposee.identifiant, deposee.intitule, deposee.emportees = identifiant, intitule, nombres
        deposee.save()

    @property
    def auteur(self) -> str:
        """Return the author of the deletion, as written after « par »."""
        nom = nom_de_l_auteur(self.supprimee_par, self.jeton.nom if self.jeton else "")
        # A name of a person keeps its capital.
        return nom if self.supprimee_par else nom[:1].lower() + nom[1:]

    @property
    def effacee_le(self) -> dt.date:
        """Return the first day on which the deletion can no longer be undone."""
        return jour_de(self.supprimee_le) + dt.timedelta(days=JOURS_GARDES + 1)
