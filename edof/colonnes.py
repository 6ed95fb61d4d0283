"""The kinds of columns that forms, pages and the API show, beside those of edof/champs.py.

Each brings its form field (`formfield`), its JSON type (`genre`) and its text for a reader (`lue`).
"""

import datetime as dt
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.forms import SimpleArrayField
from django.db import models

from edof import nombres
from edof.champs import Colonne, EntierFormField, NombreFormField, champ_date
from edof.templatetags.affichage import date_longue


class OuiNonFormField(forms.TypedChoiceField):
    """A question that may still be unanswered: Oui, Non, or nothing preselected."""

    def __init__(self, **options: Any) -> None:
        super().__init__(
            choices=[("oui", "Oui"), ("non", "Non")],
            coerce=lambda valeur: valeur == "oui",
            empty_value=None,
            widget=forms.RadioSelect,
            **options,
        )

    def prepare_value(self, value: Any) -> Any:
        """Return the slug of the choice for the value of the column."""
        return {True: "oui", False: "non", None: ""}.get(value, value)


class EurosFormField(NombreFormField):
    """An amount typed the French way: « 5 000,00 € », « 5.000,00 euros » as well as « 5000.00 ».

    static/js/prix.js reads the same forms.
    """

    def prepare_value(self, value: Any) -> Any:
        """Return « 5000,00 »."""
        return f"{value:.2f}".replace(".", ",") if isinstance(value, Decimal) else value

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        """Return the attributes that open a keyboard of digits on a telephone."""
        return {"inputmode": "decimal", "autocomplete": "off"}


class DatesFormField(SimpleArrayField):
    """A few dates on one line, separated by commas."""

    def __init__(self, **options: Any) -> None:
        super().__init__(champ_date(), widget=forms.TextInput(attrs={"autocomplete": "off"}), **options)
        self.error_messages |= {"item_invalid": "Date n° %(nth)s."}

    def prepare_value(self, value: Any) -> Any:
        """Return « 14/09/2027, 21/09/2027 »."""
        return ", ".join(f"{jour:%d/%m/%Y}" for jour in value) if isinstance(value, list) else value


def _dits(options: dict[str, Any]) -> dict[str, Any]:
    """Return the label and the help: form fields that are not Django's own take nothing else."""
    return {nom: options[nom] for nom in ("label", "help_text") if nom in options}


class OuiNonField(Colonne, models.BooleanField):
    """A question: True, False, or None while it is unanswered."""

    genre, chemin = "oui_non", "django.db.models.BooleanField"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"null": True, "blank": True, **kwargs})

    def formfield(self, **options: Any) -> Any:
        """Return two buttons, none of them preselected."""
        return OuiNonFormField(**_dits(options))

    def en_mots(self, valeur: bool) -> str:
        """Return « Oui » or « Non »."""
        return "Oui" if valeur else "Non"


class CaseField(Colonne, models.BooleanField):
    """A box, ticked or not."""

    genre, chemin = "case", "django.db.models.BooleanField"

    def en_mots(self, valeur: bool) -> str:
        """Return « Oui » or « Non »."""
        return "Oui" if valeur else "Non"


class ChoixField(Colonne, models.CharField):
    """One slug of a list, or "" for none."""

    genre, chemin = "choix", "django.db.models.CharField"

    def en_mots(self, valeur: str) -> str:
        """Return the label of the choice."""
        return str(dict(self.flatchoices).get(valeur, valeur))


class ListeField(Colonne, ArrayField):
    """Several slugs of a list."""

    genre, chemin = "liste", "django.contrib.postgres.fields.ArrayField"

    def formfield(self, **options: Any) -> Any:
        """Return a list of check boxes."""
        choix = self.base_field.choices or ()
        return forms.MultipleChoiceField(choices=choix, widget=forms.CheckboxSelectMultiple, **_dits(options))

    def en_mots(self, valeur: list[str]) -> str:
        """Return the labels of the choices, separated by commas."""
        noms = dict(self.base_field.flatchoices)
        return ", ".join(str(noms.get(slug, slug)) for slug in valeur)


class DateField(Colonne, models.DateField):
    """A day."""

    genre, chemin = "date", "django.db.models.DateField"

    def formfield(self, **options: Any) -> Any:
        """Return a field that reads every usual way of writing a date (D-08)."""
        return champ_date(**_dits(options))

    def en_mots(self, valeur: dt.date) -> str:
        """Return « 14 septembre 2027 »."""
        return date_longue(valeur)


class DatesField(Colonne, ArrayField):
    """A few days: `size` at most."""

    genre, chemin = "dates", "django.contrib.postgres.fields.ArrayField"

    def formfield(self, **options: Any) -> Any:
        """Return one line of dates."""
        return DatesFormField(max_length=self.size, **_dits(options))

    def en_mots(self, valeur: list[dt.date]) -> str:
        """Return the days in full, separated by commas."""
        return ", ".join(map(date_longue, valeur))


class EntierField(Colonne, models.PositiveIntegerField):
    """A whole number, zero or more."""

    genre, chemin = "entier", "django.db.models.PositiveIntegerField"

    def formfield(self, **options: Any) -> Any:
        """Return a text box: browsers disagree on what a number box reads."""
        chiffres = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
        return super().formfield(**{"form_class": EntierFormField, "widget": chiffres, **options})


class NombreField(Colonne, models.DecimalField):
    """An exact number with decimals."""

    genre, chemin = "nombre", "django.db.models.DecimalField"


class EurosField(NombreField):
    """An amount in euros, to the cent."""

    def formfield(self, **options: Any) -> Any:
        """Return a field that reads « 5 000,00 € »."""
        return super().formfield(**{"form_class": EurosFormField, **options})

    def en_mots(self, valeur: Decimal) -> str:
        """Return « 5 000,00 € »."""
        return nombres.euros(valeur)


class LienField(Colonne, models.ForeignKey):
    """A contact, an address or a certification."""

    genre, chemin = "lien", "django.db.models.ForeignKey"
