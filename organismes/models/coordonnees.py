"""Fields for telephone numbers, e-mail addresses, sites and postal codes.

Each stores one form of what users write in many ways.
"""

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
    """A form field for a telephone number in any usual form; it is displayed in groups of digits."""

    widget = forms.TextInput(attrs={"type": "tel", "autocomplete": "off"})
    lire = staticmethod(normaliser_telephone)

    def prepare_value(self, value: Any) -> Any:
        """Return « 01 49 80 00 00 »; a text that is not a number is returned as it was typed."""
        return afficher_telephone(value) if isinstance(value, str) else value


class TelephoneField(ChampLu):
    """A telephone number, stored as digits with an optional +."""

    default_validators = [valider_telephone]
    lire, formulaire = staticmethod(normaliser_telephone), TelephoneFormField

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 25)
        super().__init__(*args, **kwargs)


class CourrielFormField(forms.EmailField):
    """A form field for an e-mail address, which may be pasted with spaces or invisible characters."""

    default_error_messages = {
        "invalid": "Cette adresse de courriel n'est pas valable : écrivez-la comme prenom.nom@organisme.fr.",
        "max_length": (
            "Une adresse de courriel compte au plus %(limit_value)d caractères (la vôtre en compte"
            " %(show_value)d)."
        ),
    }

    def to_python(self, value: Any) -> str:
        """Return the address without outer spaces or invisible characters, with its domain in lower case."""
        return normaliser_courriel(super().to_python(value))


class CourrielField(ChampLu, models.EmailField):
    """An e-mail address, stored without invisible characters and with its domain in lower case."""

    # Django's own validator accepts control characters between quotes.
    default_validators = [*models.EmailField.default_validators, valider_texte]
    lire, formulaire = staticmethod(normaliser_courriel), CourrielFormField


class SiteFormField(forms.URLField):
    """A form field for the address of a web site, in any usual form."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"assume_scheme": "https", **kwargs})

    def to_python(self, value: Any) -> str:
        """Return the address with its scheme: « www.ilvm.example » is enough."""
        adresse = super().to_python(lire_site(value) if isinstance(value, str) else value)
        # Checked before the syntax: this error message is more helpful than the one about syntax.
        valider_pas_un_courriel(adresse)
        return adresse


class SiteField(ChampLu, models.URLField):
    """The address of a web site, in http or https only and not a mailbox: pages display it as a link."""

    default_validators = [URLValidator(schemes=["http", "https"]), valider_texte, valider_site]
    lire, formulaire = staticmethod(lire_site), SiteFormField


class CodePostalFormField(CodeFormField):
    """A form field for a postal code, French or not.

    Which separators are significant depends on the country, which only the address contains.
    """

    lire = staticmethod(lire_code_postal)


class CodePostalField(ChampLu):
    """A postal code; `Adresse.clean` normalises again the code of a French address."""

    lire, formulaire = staticmethod(lire_code_postal), CodePostalFormField
