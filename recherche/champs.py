"""The fields of the parameters of a search, each with the sentence that refuses what cannot be used."""

import datetime as dt
import re
from typing import Any

from django import forms

from edof.champs import NombreFormField
from edof.dates import lire_jours
from edof.lecture import lire_prix
from edof.textes import texte_cherche

_BORNE_ILLISIBLE = (
    "Cette date n'est pas lisible : écrivez un jour (14/09/2027), un mois (septembre 2027) ou une année"
    " (2027)."
)
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


class MontantField(NombreFormField):
    """An amount in euros, as people write prices: « 1.500 € », « 1 500,00 euros »."""

    def to_python(self, value: Any) -> Any:
        """Return the amount."""
        return super().to_python(lire_prix(value) if isinstance(value, str) else value)


class BorneField(forms.DateField):
    """The first or the last day of a period: a day, or the whole month or year that holds it."""

    def __init__(self, *, fin: bool = False, **options: Any) -> None:
        super().__init__(**options)
        self.fin = fin

    def to_python(self, value: Any) -> dt.date | None:
        """Return the day: of a month or a year, its first one, or its last one for the end."""
        if not (value or "").strip():
            return None
        try:
            return lire_jours(value)[self.fin]
        except ValueError as erreur:
            raise forms.ValidationError(_BORNE_ILLISIBLE, code="invalid") from erreur


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
