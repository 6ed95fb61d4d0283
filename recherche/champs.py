"""The fields of the parameters of a search, each with the sentence that refuses what cannot be used."""

import datetime as dt
import re
from typing import Any

from django import forms

from edof.champs import DATE_ILLISIBLE, JourFormField
from edof.lecture import lire_nombre
from edof.textes import texte_cherche

_CODE = re.compile("(RNCP|RS|CPF|ELU)[0-9]{1,7}")


class PlusieursField(forms.MultipleChoiceField):
    """Several values, given several times or separated by commas."""

    def to_python(self, value: Any) -> list[str]:
        """Return the values, each once."""
        return list(
            dict.fromkeys(mot.strip() for texte in value or [] for mot in texte.split(",") if mot.strip())
        )


class CodesField(PlusieursField):
    """Codes of certifications, known or not."""

    def valid_value(self, value: str) -> bool:
        """Tell whether it is written as a code."""
        return bool(_CODE.fullmatch(value))

    def to_python(self, value: Any) -> list[str]:
        """Return the codes in capitals, without their spaces: « RNCP 38413 »."""
        return ["".join(code.upper().split()) for code in super().to_python(value)]


class MotsField(forms.CharField):
    """The words of a search: what cannot be read in them is left out."""

    def to_python(self, value: Any) -> str:
        """Return the words."""
        return texte_cherche(value or "")


class MontantField(forms.DecimalField):
    """An amount in euros, with a point or a comma."""

    def to_python(self, value: Any) -> Any:
        """Return the amount."""
        return super().to_python(lire_nombre(value) if isinstance(value, str) else value)


class JourField(JourFormField):
    """A day, also written AAAA-MM-JJ."""

    def to_python(self, value: Any) -> dt.date | None:
        """Return the day."""
        if re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value or ""):
            try:
                return dt.date.fromisoformat(value)
            except ValueError as erreur:
                raise forms.ValidationError(DATE_ILLISIBLE) from erreur
        return super().to_python(value)


def plusieurs(nom: str, enumeration: Any) -> PlusieursField:
    """Return the field of several of these values."""
    choix = list(enumeration.items()) if isinstance(enumeration, dict) else enumeration.choices
    mots = ", ".join(valeur for valeur, _ in choix)
    faute = f"« %(value)s » n'est pas une valeur de « {nom} » : {mots}."
    return PlusieursField(label=nom, required=False, choices=choix, error_messages={"invalid_choice": faute})


def montant(nom: str) -> MontantField:
    """Return the field of an amount."""
    faute = f"« {nom} » est un montant en euros, par exemple 1500."
    dits = dict.fromkeys(
        ("invalid", "min_value", "max_digits", "max_decimal_places", "max_whole_digits"), faute
    )
    return MontantField(
        label=nom, required=False, min_value=0, max_digits=10, decimal_places=2, error_messages=dits
    )


def entier(nom: str, au_moins: int, au_plus: int) -> forms.IntegerField:
    """Return the field of a whole number between these two."""
    faute = f"« {nom} » est un nombre entier, de {au_moins} à {au_plus}."
    dits = dict.fromkeys(("invalid", "min_value", "max_value"), faute)
    return forms.IntegerField(
        label=nom, required=False, min_value=au_moins, max_value=au_plus, error_messages=dits
    )


def oui(nom: str) -> forms.ChoiceField:
    """Return the field of what is asked, or not."""
    faute = f"« {nom} » vaut 1, ou n'est pas donné."
    return forms.ChoiceField(
        label=nom,
        required=False,
        choices=[("1", "Oui"), ("true", "Oui")],
        error_messages={"invalid_choice": faute},
    )
