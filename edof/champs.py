"""Model and form fields that normalise their value with `edof.lecture` before it is validated.

A model field and its form field normalise in the same way: a value is the same through a form, `full_clean`,
a save or a lookup. Which values are valid is decided elsewhere, by validators.
"""

import datetime as dt
import re
from collections.abc import Callable
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from edof.dates import lire_date
from edof.lecture import lire_code, lire_identifiant, lire_ligne, lire_lignes, lire_nombre

_CHIFFRES = re.compile(r"[+-]?(?=.*[0-9])[0-9]*(\.[0-9]*)?")
DATE_ILLISIBLE = "Cette date n'est pas lisible : écrivez-la jj/mm/aaaa, par exemple 14/09/2027."


class _FormulaireLu(forms.CharField):
    """A text box whose content is normalised by `lire` before its length is checked."""

    lire: ClassVar[Callable[[str], str]]

    def to_python(self, value: Any) -> Any:
        """Return the normalised value."""
        texte = super().to_python(value)
        return self.lire(texte) or self.empty_value if isinstance(texte, str) else texte

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of the widget, without `maxlength`.

        More characters may be typed than are kept: with a limit, the browser would cut what is pasted.
        """
        return {nom: valeur for nom, valeur in super().widget_attrs(widget).items() if nom != "maxlength"}


class LigneFormField(_FormulaireLu):
    """A form field for a single-line text."""

    lire = staticmethod(lire_ligne)

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes of the widget, with `maxlength`.

        A single line is not shortened when it is normalised: the browser may apply the limit.
        """
        return forms.CharField.widget_attrs(self, widget)

    def prepare_value(self, value: Any) -> Any:
        """Return the value to display, on one line.

        Values stored before this rule may contain line ends: without this, a browser would join their words.
        """
        return lire_ligne(value) if isinstance(value, str) else value


class LignesFormField(_FormulaireLu):
    """A form field for a short text of several lines."""

    widget = forms.Textarea
    lire = staticmethod(lire_lignes)


class IdentifiantFormField(_FormulaireLu):
    """A form field for an identifier."""

    lire = staticmethod(lire_identifiant)


class CodeFormField(_FormulaireLu):
    """A form field for a code, which may be pasted with its separators."""

    lire = staticmethod(lire_code)


class JourFormField(forms.DateField):
    """A form field for a date, in any of the usual French forms."""

    default_error_messages: ClassVar[dict[str, str]] = {"invalid": DATE_ILLISIBLE}

    def to_python(self, value: Any) -> dt.date | None:
        """Return the date, or None when the box is empty. Raise ValidationError when it cannot be read."""
        if not isinstance(value, str):
            return super().to_python(value)
        try:
            return lire_date(value) if value.strip() else None
        except ValueError as erreur:
            raise ValidationError(self.error_messages["invalid"], code="invalid") from erreur


class NombreFormField(forms.DecimalField):
    """A form field for a number typed the French way, in digits 0-9.

    « 5 000,00 € » is accepted as well as « 5000.00 ».
    """

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        """Return the number, or raise ValidationError."""
        return super().to_python(_nombre(value, self.error_messages["invalid"]))


class EntierFormField(forms.IntegerField):
    """A form field for a whole number, with or without spaces between its thousands."""

    def to_python(self, value: Any) -> int | None:
        """Return the number, or raise ValidationError."""
        return super().to_python(_nombre(value, self.error_messages["invalid"]))


def _nombre(valeur: Any, invalide: str) -> Any:
    """Return the value in a form that Python can parse, or raise ValidationError with the message `invalide`.

    Python would also accept « 1e3 », « 1_000 » and the digits of other scripts: they are refused here.
    """
    lu = lire_nombre(valeur) if isinstance(valeur, str) else valeur
    if isinstance(lu, str) and lu and not _CHIFFRES.fullmatch(lu):
        raise ValidationError(invalide, code="invalid")
    return lu


class Colonne:
    """What a column brings beside its SQL type."""

    # The kind of its JSON value: a key of `api.champs.GENRES`.
    genre: ClassVar[str] = "texte"
    # Django's own class, which the migrations name instead of this one: they only need the SQL type.
    chemin: ClassVar[str | None] = None

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        """Return what Django needs to build the column again, with the class that the migrations name."""
        nom, chemin, args, kwargs = super().deconstruct()  # type: ignore[misc]
        return nom, self.chemin or chemin, args, kwargs

    def en_mots(self, valeur: Any) -> Any:
        """Return a value that is not empty as a page shows it: text, or safe HTML."""
        return str(valeur)

    def lue(self, fiche: models.Model) -> Any:
        """Return what the record holds in this column as a page shows it, "" for nothing."""
        valeur = getattr(fiche, self.name)  # type: ignore[attr-defined]
        return "" if valeur is None or valeur in ("", []) else self.en_mots(valeur)

    def en_texte(self, fiche: models.Model) -> str:
        """Return the same as plain text: what two versions of a record are compared by."""
        return str(self.lue(fiche))


class ChampLu(Colonne, models.CharField):
    """A text column whose content is normalised by `lire`, when it is written and when it is looked up."""

    lire: ClassVar[Callable[[str], str]]
    formulaire: ClassVar[type[forms.Field]]

    def to_python(self, value: Any) -> Any:
        """Return the normalised value: `full_clean`, saves and exact lookups all call this method."""
        texte = super().to_python(value)
        return self.lire(texte) if isinstance(texte, str) else texte

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        """Return the value to store, and set it on the instance too."""
        valeur = self.to_python(super().pre_save(model_instance, add))
        if isinstance(valeur, str):
            setattr(model_instance, self.attname, valeur)
        return valeur

    def formfield(self, **kwargs: Any) -> Any:
        """Return the matching form field, which normalises in the same way."""
        return super().formfield(**{"form_class": self.formulaire, **kwargs})


class LigneField(ChampLu):
    """A column for a single-line text."""

    lire, formulaire = staticmethod(lire_ligne), LigneFormField


class LignesField(ChampLu):
    """A column for a short text of several lines."""

    lire, formulaire = staticmethod(lire_lignes), LignesFormField


class IdentifiantField(ChampLu):
    """A column for an identifier (D-04)."""

    lire, formulaire = staticmethod(lire_identifiant), IdentifiantFormField


class CodeField(ChampLu):
    """A column for a code, stored without separators."""

    lire, formulaire = staticmethod(lire_code), CodeFormField


class JourField(models.DateField):
    """A date column whose form field accepts the usual French forms."""

    def formfield(self, **kwargs: Any) -> Any:
        """Return the form field for a date, in the administration too."""
        return super().formfield(**{"form_class": JourFormField, **kwargs})


def champ_date(**options: Any) -> JourFormField:
    """Return a form field for a date typed jj/mm/aaaa or in another usual form (D-08).

    With JavaScript, it has a calendar.
    """
    attributs = {"placeholder": "jj/mm/aaaa", "inputmode": "numeric", "autocomplete": "off", "data-date": "1"}
    return JourFormField(**{**options, "widget": forms.DateInput(format="%d/%m/%Y", attrs=attributs)})
