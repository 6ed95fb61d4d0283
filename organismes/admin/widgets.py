"""Form fields of the admin that designate a record by a known value, instead of a list of twenty thousand."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from organismes.models import Organisme, Utilisateur
from organismes.validateurs import normaliser_courriel


class DesigneField(forms.ModelChoiceField):
    """A text box that finds one record of `queryset` by its field `cle`."""

    cle: str
    inconnu: str

    def __init__(self, queryset: Any, **kwargs: Any) -> None:
        super().__init__(
            queryset,
            **{"widget": forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}), **kwargs},
        )

    def chercher(self, texte: str) -> dict[str, str]:
        """Return the lookup for the typed text."""
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        """Return the value to display.

        Typed text is unchanged; a stored primary key is replaced by the value of the field `cle`.
        """
        if isinstance(value, int):
            return self.queryset.filter(pk=value).values_list(self.cle, flat=True).first()
        return value

    def to_python(self, value: Any) -> Any:
        """Return the record, or None when the box is empty. Raise ValidationError when no record is found."""
        texte = str(value or "").replace("\x00", "").strip()
        if texte and (trouve := self.queryset.filter(**self.chercher(texte)).first()) is None:
            raise ValidationError(self.inconnu, code="inconnu")
        return trouve if texte else None


class OrganismeField(DesigneField):
    """A text box that designates an organisme by its SIRET."""

    cle, inconnu = "siret", "Aucun organisme n'a ce SIRET."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Organisme.objects.all(), **kwargs)

    def chercher(self, texte: str) -> dict[str, str]:
        """Return the lookup by SIRET; the column ignores separators."""
        return {"siret": texte}


class UtilisateurField(DesigneField):
    """A text box that designates a user by e-mail address."""

    cle, inconnu = "courriel", "Aucun compte n'a cette adresse : créez-le d'abord, dans « Utilisateurs »."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Utilisateur.objects.all(), **kwargs)

    def chercher(self, texte: str) -> dict[str, str]:
        """Return the lookup by address, case ignored."""
        return {"courriel__iexact": normaliser_courriel(texte)}
