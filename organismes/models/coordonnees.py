"""How a contact is reached: fields that store one form of what people write in many (domain 3.4)."""

from typing import Any

from django import forms
from django.core.validators import URLValidator
from django.db import models

from edof.champs import ChampLu, CodeFormField
from edof.lecture import lire_code_postal
from edof.textes import valider_texte
from organismes.validateurs import (
    afficher_telephone,
    lire_site,
    normaliser_courriel,
    normaliser_telephone,
    valider_pas_un_courriel,
    valider_site,
    valider_telephone,
)


class TelephoneFormField(CodeFormField):
    """A telephone number as people write it; shown back in groups."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
    lire = staticmethod(normaliser_telephone)

    def prepare_value(self, value: Any) -> Any:
        """« 01 49 80 00 00 »; what is no number is shown as it was typed."""
        return afficher_telephone(value) if isinstance(value, str) else value


class TelephoneField(ChampLu):
    """A telephone number, stored as digits with an optional + (domain 3.4)."""

    default_validators = [valider_telephone]
    lire, formulaire = staticmethod(normaliser_telephone), TelephoneFormField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 25)
        super().__init__(*args, **kwargs)


class CourrielFormField(forms.EmailField):
    """An e-mail address as people paste it."""

    default_error_messages = {
        "invalid": "Cette adresse de courriel n'est pas valable : écrivez-la comme prenom.nom@organisme.fr.",
        "max_length": (
            "Une adresse de courriel compte au plus %(limit_value)d caractères (la vôtre en compte"
            " %(show_value)d)."
        ),
    }

    def to_python(self, value: Any) -> str:
        """Without spaces around it nor what nobody sees, its domain in lower case."""
        return normaliser_courriel(super().to_python(value))


class CourrielField(ChampLu, models.EmailField):
    """An e-mail address, stored without what nobody sees in it, and with its domain in lower case."""

    # Between quotes, Django's own rule lets control characters through.
    default_validators = [*models.EmailField.default_validators, valider_texte]
    lire, formulaire = staticmethod(normaliser_courriel), CourrielFormField


class SiteFormField(forms.URLField):
    """The address of a web site, as people paste it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})

    def to_python(self, value: Any) -> str:
        """« www.ilvm.example » is enough."""
        adresse = super().to_python(lire_site(value) if isinstance(value, str) else value)
        # Before the syntax: what it is says more than what it lacks.
        valider_pas_un_courriel(adresse)
        return adresse


class SiteField(ChampLu, models.URLField):
    """The address of a web site, never of another scheme nor of a mailbox: pages show it as a link."""

    default_validators = [URLValidator(schemes=["http", "https"]), valider_texte, valider_site]
    lire, formulaire = staticmethod(lire_site), SiteFormField


class CodePostalFormField(CodeFormField):
    """A postal code, French or not: which separators count depends on the country, that the address knows."""

    lire = staticmethod(lire_code_postal)


class CodePostalField(ChampLu):
    """A postal code; the one of a French address is read again by the address itself."""

    lire, formulaire = staticmethod(lire_code_postal), CodePostalFormField
