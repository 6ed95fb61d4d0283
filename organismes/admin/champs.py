"""Fields of the forms of the administration that designate a record by what people know of it: no list of
twenty thousand.
"""

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
        """The condition for what was typed."""
        raise NotImplementedError

    def prepare_value(self, value: Any) -> Any:
        """What is typed stays as it is; a key stored is shown by what designates it."""
        if isinstance(value, int):
            return self.queryset.filter(pk=value).values_list(self.cle, flat=True).first()
        return value

    def to_python(self, value: Any) -> Any:
        """The record, None for nothing."""
        texte = str(value or "").replace("\x00", "").strip()
        if texte and (trouve := self.queryset.filter(**self.chercher(texte)).first()) is None:
            raise ValidationError(self.inconnu, code="inconnu")
        return trouve if texte else None


class OrganismeField(DesigneField):
    """An organisme, by its SIRET."""

    cle, inconnu = "siret", "Aucun organisme n'a ce SIRET."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Organisme.objects.all(), **kwargs)

    def chercher(self, texte: str) -> dict[str, str]:
        """Separators do not count: the column reads it."""
        return {"siret": texte}


class UtilisateurField(DesigneField):
    """A person who has an account, by its e-mail address."""

    cle, inconnu = "courriel", "Aucun compte n'a cette adresse : créez-le d'abord, dans « Utilisateurs »."

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Utilisateur.objects.all(), **kwargs)

    def chercher(self, texte: str) -> dict[str, str]:
        """Case does not count."""
        return {"courriel__iexact": normaliser_courriel(texte)}
