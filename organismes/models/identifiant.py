"""Identifiers that are unique among the records of one parent, under the comparison of D-04."""

from typing import Any

from django.db import models

from organismes.models.organisme import AppartenantQuerySet
from organismes.validateurs import normaliser_identifiant


class IdentifieQuerySet(AppartenantQuerySet):
    """Records that bear an identifier."""

    def identifiant_pris(self, identifiant: str, *, sauf: int | None = None) -> bool:
        """Whether a record of this set already bears this identifier, under the comparison of D-04."""
        return (
            self.filter(identifiant_normalise=normaliser_identifiant(identifiant)).exclude(pk=sauf).exists()
        )


class IdentifiantNormaliseField(models.TextField):
    """The identifier (the field `de`) as it is compared (D-04), computed at each save: the unique constraints
    stand on it.
    """

    def __init__(self, *args: Any, de: str = "identifiant", **kwargs: Any) -> None:
        self.de = de
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """`de` belongs to the field's definition."""
        nom, chemin, args, kwargs = super().deconstruct()
        return nom, chemin, args, kwargs if self.de == "identifiant" else {**kwargs, "de": self.de}

    def valeur_de(self, objet: models.Model) -> str:
        """What the identifier of this object is compared by.

        What is stored stays when it says the same: two identifiers that one day began to look alike, under a
        rule that folds more, go on living side by side, and their records can be saved.
        """
        valeur = normaliser_identifiant(getattr(objet, self.de))
        stockee = getattr(objet, self.attname)
        return stockee if objet.pk and normaliser_identifiant(stockee) == valeur else valeur

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Follow the identifier."""
        valeur = self.valeur_de(model_instance)
        setattr(model_instance, self.attname, valeur)
        return valeur
