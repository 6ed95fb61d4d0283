"""Identifiers that are unique among the records of one parent, under the comparison of D-04."""

from typing import Any

from django.db import models

from organismes.models.organisme import AppartenantQuerySet
from organismes.validateurs import normaliser_identifiant


class IdentifieQuerySet(AppartenantQuerySet):
    """A queryset of records that have an identifier."""

    def identifiant_pris(self, identifiant: str, *, sauf: int | None = None) -> bool:
        """Return whether a record of this queryset already has this identifier, under the comparison of D-04.

        `sauf` is the primary key of a record to ignore.
        """
        return (
            self.filter(identifiant_normalise=normaliser_identifiant(identifiant)).exclude(pk=sauf).exists()
        )


class IdentifiantNormaliseField(models.TextField):
    """The identifier (the field `de`) in its compared form (D-04), computed at each save.

    The unique constraints apply to it.
    """

    def __init__(self, *args: Any, de: str = "identifiant", **kwargs: Any) -> None:
        self.de = de
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        """Add `de` to the definition of the field."""
        nom, chemin, args, kwargs = super().deconstruct()
        return nom, chemin, args, kwargs if self.de == "identifiant" else {**kwargs, "de": self.de}

    def valeur_de(self, objet: models.Model) -> str:
        """Return the normalised identifier of this object.

        The stored value is kept when it is equivalent. A later rule may fold more characters: two identifiers
        that then become the same can stay, and their records can still be saved.
        """
        valeur = normaliser_identifiant(getattr(objet, self.de))
        stockee = getattr(objet, self.attname)
        return stockee if objet.pk and normaliser_identifiant(stockee) == valeur else valeur

    def pre_save(self, model_instance: models.Model, add: bool) -> str:
        """Compute the value from the identifier, and set it on the instance."""
        valeur = self.valeur_de(model_instance)
        setattr(model_instance, self.attname, valeur)
        return valeur
