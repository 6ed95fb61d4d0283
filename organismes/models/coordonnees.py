"""How a contact is reached: fields that store one form of what people write in many (domain 3.4)."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.db import models

from organismes.validateurs import afficher_telephone, normaliser_courriel, normaliser_telephone, valider_telephone, valider_texte


class TelephoneFormField(forms.CharField):
    """A telephone number as people write it; shown back in groups."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})

    def to_python(self, value: Any) -> str:
        """Without spaces, dots and dashes."""
        return normaliser_telephone(super().to_python(value))

    def prepare_value(self, value: Any) -> Any:
        """« 01 49 80 00 00 »; what is no number is shown as it was typed."""
        return afficher_telephone(value) if isinstance(value, str) else value


class TelephoneField(models.CharField):
    """A telephone number, stored as digits with an optional + (domain 3.4)."""

    default_validators = [valider_telephone]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 25)
        super().__init__(*args, **kwargs)

    def get_prep_value(self, value: Any) -> Any:
        """Spaces, dots and dashes are how people write, not what is stored."""
        return normaliser_telephone(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Normalised as soon as it is typed."""
        return super().formfield(**{"form_class": TelephoneFormField, **kwargs})


class CourrielFormField(forms.EmailField):
    """An e-mail address as people paste it."""

    default_error_messages = {
        "invalid": "Cette adresse de courriel n'est pas valable : écrivez-la comme prenom.nom@organisme.fr.",
        "max_length": "Une adresse de courriel compte au plus %(limit_value)d caractères (la vôtre en compte %(show_value)d).",
    }

    def to_python(self, value: Any) -> str:
        """Without spaces around it, its domain in lower case."""
        return normaliser_courriel(super().to_python(value))


class CourrielField(models.EmailField):
    """An e-mail address, stored without spaces around it and with its domain in lower case."""

    # Between quotes, Django's own rule lets control characters through.
    default_validators = [*models.EmailField.default_validators, valider_texte]

    def get_prep_value(self, value: Any) -> Any:
        """One form for one mailbox."""
        return normaliser_courriel(value) if isinstance(value, str) else value

    def formfield(self, **kwargs: Any) -> forms.Field:
        """Normalised as soon as it is typed."""
        return super().formfield(**{"form_class": CourrielFormField, **kwargs})


class SiteField(models.URLField):
    """The address of a web site, never of another scheme: pages show it as a link."""

    default_validators = [URLValidator(schemes=["http", "https"]), valider_texte]

    def formfield(self, **kwargs: Any) -> forms.Field:
        """« www.ilvm.example » is enough."""
        return super().formfield(**{"assume_scheme": "https", **kwargs})
