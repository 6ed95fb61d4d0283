"""Fields of the API, made from the fields of the forms.

The label, the help, the choices and the limits of a field of the API come from the field of the form, so that
the schema describes what the form asks. A field of the API has three parts: its JSON Schema (`schema`), the
value shown for a record (`to_representation`), and the text that a user would have typed (`taper`). The form
decides whether a value may be stored.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db import models
from drf_spectacular.drainage import set_override
from rest_framework import serializers

from api.choix import cle_de, l_un_de, slugs
from api.liens import Liens
from catalogue.models import Certification

Schema = dict[str, Any]


class MauvaisType(ValueError):
    """The error raised for a JSON value of another type than the field; its text names the right type."""


class ChampJSON(serializers.Field):
    """A text field, and the base class of the other kinds."""

    attendu: ClassVar[str] = "un texte"
    type: ClassVar[Any] = "string"

    def __init__(self, champ: forms.Field, nom: str, **options: Any) -> None:
        self.champ = champ
        libelle = str(champ.label or nom)
        options.setdefault("help_text", self.aide())
        super().__init__(required=False, label=libelle[:1].upper() + libelle[1:], **options)
        set_override(self, "field", self.schema())

    def aide(self) -> str:
        """Return the help of the field of the form, and what a program must know beside it."""
        return str(self.champ.help_text)

    def schema(self) -> Schema:
        """Return the JSON Schema of a value."""
        longueur = getattr(self.champ, "max_length", None)
        return {"type": self.type, **({"maxLength": longueur} if longueur else {})}

    def to_representation(self, value: Any) -> Any:
        """Return the value shown for the record."""
        return value

    def get_attribute(self, instance: Any) -> Any:
        """Return the value of the record for this field."""
        return getattr(instance, self.field_name)

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return what a user would have typed in the form for this JSON value.

        Raises MauvaisType when the value is of another type.
        """
        if not isinstance(valeur, str):
            raise MauvaisType(self.attendu)
        return valeur

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Return the data unchanged: the form validates it."""
        return data


class Choix(ChampJSON):
    """A field for one value of a list, or an empty text for none."""

    def schema(self) -> Schema:
        """Return the JSON Schema: one of the slugs."""
        return {"type": "string", "enum": slugs(self.champ)}

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the same slug."""
        if not isinstance(valeur, str):
            raise MauvaisType(l_un_de(self.champ) or self.attendu)
        return valeur


class Liste(ChampJSON):
    """A field for several values of a list."""

    attendu = "une liste de textes"

    def schema(self) -> Schema:
        """Return the JSON Schema: a list of the slugs.

        The slugs are not enumerated when the choices depend on the record.
        """
        choix = [slug for slug in slugs(self.champ) if slug]
        return {
            "type": "array",
            "items": {"type": "string", **({"enum": choix} if choix else {"maxLength": 20})},
        }

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the same slugs."""
        if not isinstance(valeur, list) or not all(isinstance(slug, str) for slug in valeur):
            raise MauvaisType(self.attendu)
        return valeur


class OuiNon(ChampJSON):
    """A field for yes or no, null when not answered."""

    attendu = "true, false ou null"
    type = ("boolean", "null")

    def schema(self) -> Schema:
        """Return the JSON Schema: true, false or null."""
        return {"type": list(self.type)}

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the answer as the form expects it: oui, non, or an empty text."""
        if valeur is not None and not isinstance(valeur, bool):
            raise MauvaisType(self.attendu)
        return {True: "oui", False: "non", None: ""}[valeur]


class Case(ChampJSON):
    """A field for a checkbox."""

    attendu = "true ou false"
    type = "boolean"

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return true or false, as the text that a browser sends for the checkbox."""
        if not isinstance(valeur, bool):
            raise MauvaisType(self.attendu)
        return "true" if valeur else "false"


def _jj_mm_aaaa(valeur: Any) -> str:
    try:
        if isinstance(valeur, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", valeur):
            jour = dt.date.fromisoformat(valeur)
            return f"{jour.day:02}/{jour.month:02}/{jour.year:04}"
    except ValueError:
        pass
    raise MauvaisType(Date.attendu)


class Date(ChampJSON):
    """A field for a day, or null."""

    attendu = "une date AAAA-MM-JJ, par exemple 2027-09-14, ou null"

    def schema(self) -> Schema:
        """Return the JSON Schema: a date in ISO 8601, or null."""
        return {"type": ["string", "null"], "format": "date"}

    def to_representation(self, value: dt.date) -> str:
        """Return the day as AAAA-MM-JJ, for example 2027-09-14."""
        return value.isoformat()

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the day as jj/mm/aaaa, for example 14/09/2027."""
        return "" if valeur is None else _jj_mm_aaaa(valeur)


class Dates(ChampJSON):
    """A field for a list of days."""

    attendu = "une liste de dates AAAA-MM-JJ"

    def aide(self) -> str:
        """Return how many; the help of the form says how to type them."""
        return f"{self.champ.max_length} au plus."

    def schema(self) -> Schema:
        """Return the JSON Schema: a list of dates in ISO 8601."""
        return {
            "type": "array",
            "items": {"type": "string", "format": "date"},
            "maxItems": self.champ.max_length,
        }

    def to_representation(self, value: list[dt.date]) -> list[str]:
        """Return the days as AAAA-MM-JJ, for example 2027-09-14."""
        return [jour.isoformat() for jour in value]

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the days as jj/mm/aaaa in one text, separated by commas."""
        if not isinstance(valeur, list):
            raise MauvaisType(self.attendu)
        return ", ".join(_jj_mm_aaaa(jour) for jour in valeur)


class Entier(ChampJSON):
    """A field for a whole number, or null."""

    attendu = "un nombre entier, ou null"

    def schema(self) -> Schema:
        """Return the JSON Schema: an integer within its bounds, or null."""
        bornes = {"minimum": self.champ.min_value, "maximum": self.champ.max_value}
        return {
            "type": ["integer", "null"],
            **{nom: borne for nom, borne in bornes.items() if borne is not None},
        }

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the digits of the number; 40.0 is a whole number too."""
        if valeur is None:
            return ""
        if isinstance(valeur, Decimal) and valeur.adjusted() < 20 and valeur == valeur.to_integral_value():
            valeur = int(valeur)
        if not isinstance(valeur, int) or isinstance(valeur, bool):
            raise MauvaisType(self.attendu)
        return str(valeur) if abs(valeur) < 10**20 else "9" * 20


class Nombre(ChampJSON):
    """A field for an amount in euros or a coordinate, or null.

    The value is exact: a text with a decimal point. A JSON number is accepted too.
    """

    attendu = 'un nombre avec un point, par exemple "1250.50", ou null'

    def schema(self) -> Schema:
        """Return the JSON Schema, with the number of digits allowed before and after the point."""
        apres = self.champ.decimal_places
        avant = self.champ.max_digits - apres
        signe = "" if self.champ.min_value is not None and self.champ.min_value >= 0 else "-?"
        motif = rf"^{signe}[0-9]{{1,{avant}}}(\.[0-9]{{1,{apres}}})?$"
        return {"anyOf": [{"type": "string", "pattern": motif}, {"type": "number"}, {"type": "null"}]}

    def to_representation(self, value: Decimal) -> str:
        """Return the number as a text, for example 1250.50."""
        return f"{value:f}"

    def taper(self, valeur: Any, liens: Liens | None) -> Any:
        """Return the same digits as a text."""
        if valeur is None:
            return ""
        if isinstance(valeur, bool) or not isinstance(valeur, (str, int, Decimal)):
            raise MauvaisType(self.attendu)
        if isinstance(valeur, Decimal) and abs(valeur.adjusted()) < 20:
            # JSON also accepts the notation 1e3.
            return f"{valeur:f}"
        return str(valeur) if not isinstance(valeur, int) or abs(valeur) < 10**20 else "9" * 20


class Lien(ChampJSON):
    """A field for a contact or an address, by its identifier, or a certification, by its code, or null."""

    attendu = "un identifiant, ou null"
    quoi: ClassVar[dict[str, str]] = {
        "code": "Le `code` d'une certification (`certifications/`).",
        "identifiant": "L'`identifiant` d'un contact (`contacts/`).",
        "titre": "Le `titre` d'une adresse (`adresses/`).",
    }

    def aide(self) -> str:
        """Return the help of the form, and what names the related record."""
        return f"{super().aide()} {self.quoi[self.cle]}".strip()

    @property
    def modele(self) -> type[models.Model]:
        """Return the model of the related record."""
        return self.champ.queryset.model

    @property
    def cle(self) -> str:
        """Return the name of the column that identifies the related record."""
        return cle_de(self.modele)

    def schema(self) -> Schema:
        """Return the JSON Schema: an identifier or null."""
        return {"type": ["string", "null"], "maxLength": 10 if self.modele is Certification else 30}

    def to_representation(self, value: Any) -> str:
        """Return the identifier of the related record."""
        return getattr(value, self.cle)

    def taper(self, valeur: Any, liens: Liens) -> Any:
        """Return the primary key that the list of the form would send.

        Return 0, which no record has, when no record has this identifier.
        """
        if valeur is None:
            return ""
        if not isinstance(valeur, str):
            raise MauvaisType(self.attendu)
        if "\x00" in valeur:
            return "0"
        return str(liens.cle(self.modele, valeur))


# The field of the API for each kind of column (`edof.colonnes`).
GENRES: dict[str, type[ChampJSON]] = {
    "texte": ChampJSON,
    "choix": Choix,
    "liste": Liste,
    "oui_non": OuiNon,
    "case": Case,
    "date": Date,
    "dates": Dates,
    "entier": Entier,
    "nombre": Nombre,
    "lien": Lien,
}


def champs_de_l_api(formulaire: type[forms.ModelForm]) -> dict[str, ChampJSON]:
    """Return the fields of the API for the form fields that are columns, in the order of the form."""
    colonne = formulaire._meta.model._meta.get_field
    return {
        nom: GENRES[colonne(nom).genre](formulaire.base_fields[nom], nom) for nom in formulaire._meta.fields
    }


def montres(formulaire: type[forms.ModelForm]) -> dict[str, ChampJSON]:
    """Return the same fields for a response, where all of them are present."""
    champs = champs_de_l_api(formulaire)
    for champ in champs.values():
        champ.required = True
    return champs
