"""The fields of the forms, as JSON.

A field of the API is made from the field of a form: its label, its help, its choices and its limits come from
there, so that the schema says what the form asks. It knows three things: what it looks like (`schema`), how a
record shows it (`montrer`), and what somebody would have typed (`taper`). Whether that may be stored, the
form says.
"""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.contrib.postgres.forms import SimpleArrayField
from django.db import models
from drf_spectacular.drainage import set_override
from rest_framework import serializers

from catalogue.models import Certification
from organismes.models.entree import Entree
from organismes.validateurs import normaliser_identifiant

Schema = dict[str, Any]


class MauvaisType(ValueError):
    """The JSON value is not of the type of the field; its text says what is expected."""


class Champ(serializers.Field):
    """A text, and what the other kinds share."""

    attendu: ClassVar[str] = "un texte"
    type: ClassVar[Any] = "string"

    def __init__(self, champ: forms.Field, nom: str, **options: Any) -> None:
        self.champ = champ
        aide = str(champ.help_text)
        libelle = str(champ.label or nom)
        super().__init__(required=False, label=libelle[:1].upper() + libelle[1:], help_text=aide, **options)
        set_override(self, "field", self.schema())

    def schema(self) -> Schema:
        """The JSON Schema of a value."""
        longueur = getattr(self.champ, "max_length", None)
        return {"type": self.type, **({"maxLength": longueur} if longueur else {})}

    def to_representation(self, value: Any) -> Any:
        """What the record shows."""
        return value

    def get_attribute(self, instance: Any) -> Any:
        """As the record holds it."""
        return getattr(instance, self.field_name)

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """What somebody would have typed for this JSON value; MauvaisType when it is of another type."""
        if not isinstance(valeur, str):
            raise MauvaisType(self.attendu)
        return valeur

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Nothing here: the form says."""
        return data


class Choix(Champ):
    """One of a list, or nothing: ""."""

    attendu = 'un des choix de la liste, ou ""'

    def schema(self) -> Schema:
        """Its slugs."""
        return {"type": "string", "enum": slugs(self.champ)}


class Liste(Champ):
    """Several of a list."""

    attendu = "une liste de textes"

    def schema(self) -> Schema:
        """Its slugs; no constraint where the list depends on the record."""
        choix = [slug for slug in slugs(self.champ) if slug]
        return {
            "type": "array",
            "items": {"type": "string", **({"enum": choix} if choix else {"maxLength": 20})},
        }

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """The same slugs."""
        if not isinstance(valeur, list) or not all(isinstance(slug, str) for slug in valeur):
            raise MauvaisType(self.attendu)
        return valeur


class OuiNon(Champ):
    """Yes, no, or not answered: null."""

    attendu = "true, false ou null"
    type = ("boolean", "null")

    def schema(self) -> Schema:
        """Three values."""
        return {"type": list(self.type)}

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """The answer of the screen."""
        if valeur is not None and not isinstance(valeur, bool):
            raise MauvaisType(self.attendu)
        return {True: "oui", False: "non", None: ""}[valeur]


class Case(Champ):
    """A box, ticked or not."""

    attendu = "true ou false"
    type = "boolean"

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """What a browser sends of it."""
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


class Date(Champ):
    """A day, or null."""

    attendu = "une date AAAA-MM-JJ, par exemple 2027-09-14, ou null"

    def schema(self) -> Schema:
        """ISO 8601."""
        return {"type": ["string", "null"], "format": "date"}

    def to_representation(self, value: dt.date) -> str:
        """« 2027-09-14 »."""
        return value.isoformat()

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """« 14/09/2027 »."""
        return "" if valeur is None else _jj_mm_aaaa(valeur)


class Dates(Champ):
    """A few days."""

    attendu = "une liste de dates AAAA-MM-JJ"

    def schema(self) -> Schema:
        """ISO 8601."""
        return {
            "type": "array",
            "items": {"type": "string", "format": "date"},
            "maxItems": self.champ.max_length,
        }

    def to_representation(self, value: list[dt.date]) -> list[str]:
        """« 2027-09-14 »."""
        return [jour.isoformat() for jour in value]

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """In one line, with commas."""
        if not isinstance(valeur, list):
            raise MauvaisType(self.attendu)
        return ", ".join(_jj_mm_aaaa(jour) for jour in valeur)


class Entier(Champ):
    """A whole number, or null."""

    attendu = "un nombre entier, ou null"

    def schema(self) -> Schema:
        """With its bounds."""
        bornes = {"minimum": self.champ.min_value, "maximum": self.champ.max_value}
        return {
            "type": ["integer", "null"],
            **{nom: borne for nom, borne in bornes.items() if borne is not None},
        }

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """Its digits; 40.0 is a whole number too."""
        if valeur is None:
            return ""
        if isinstance(valeur, Decimal) and valeur.adjusted() < 20 and valeur == valeur.to_integral_value():
            valeur = int(valeur)
        if not isinstance(valeur, int) or isinstance(valeur, bool):
            raise MauvaisType(self.attendu)
        return str(valeur) if abs(valeur) < 10**20 else "9" * 20


class Nombre(Champ):
    """An amount in euros or a coordinate: exact, as a text with a point; a JSON number is read too. Null for
    none.
    """

    attendu = 'un nombre avec un point, par exemple "1250.50", ou null'

    def schema(self) -> Schema:
        """At most so many digits, so many of them after the point."""
        apres = self.champ.decimal_places
        avant = self.champ.max_digits - apres
        signe = "" if self.champ.min_value is not None and self.champ.min_value >= 0 else "-?"
        motif = rf"^{signe}[0-9]{{1,{avant}}}(\.[0-9]{{1,{apres}}})?$"
        return {"anyOf": [{"type": "string", "pattern": motif}, {"type": "number"}, {"type": "null"}]}

    def to_representation(self, value: Decimal) -> str:
        """« 1250.50 »."""
        return f"{value:f}"

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """The same digits."""
        if valeur is None:
            return ""
        if isinstance(valeur, bool) or not isinstance(valeur, (str, int, Decimal)):
            raise MauvaisType(self.attendu)
        if isinstance(valeur, Decimal) and abs(valeur.adjusted()) < 20:
            # JSON may write 1e3.
            return f"{valeur:f}"
        return str(valeur) if not isinstance(valeur, int) or abs(valeur) < 10**20 else "9" * 20


class Lien(Champ):
    """A contact or an address of the organisme by its identifier, a certification by its code, or null."""

    attendu = "un identifiant, ou null"

    @property
    def modele(self) -> type[models.Model]:
        """What it leads to."""
        return self.champ.queryset.model

    @property
    def cle(self) -> str:
        """The column that names it."""
        return "code" if self.modele is Certification else self.modele.CHAMP_IDENTIFIANT

    def schema(self) -> Schema:
        """An identifier."""
        return {"type": ["string", "null"], "maxLength": 10 if self.modele is Certification else 30}

    def to_representation(self, value: Any) -> str:
        """The identifier."""
        return getattr(value, self.cle)

    def taper(self, valeur: Any, organisme: Any) -> Any:
        """The key that the list of the screen would send; one that nothing has when nothing bears this
        identifier.
        """
        if valeur is None:
            return ""
        if not isinstance(valeur, str):
            raise MauvaisType(self.attendu)
        if "\x00" in valeur:
            return "0"
        if issubclass(self.modele, Entree):
            trouvees = self.modele.objects.pour_organisme(organisme).filter(
                identifiant_normalise=normaliser_identifiant(valeur)
            )
        else:
            trouvees = self.modele.objects.filter(code=valeur)
        return str(trouvees.values_list("pk", flat=True).first() or 0)


def slugs(champ: forms.Field) -> list[str]:
    """The values that a field of choices admits, "" for none when it may be left unanswered."""
    choix = [str(slug) for slug, _ in champ.choices if slug]
    return choix if champ.required else ["", *choix]


def champ_de_l_api(nom: str, champ: forms.Field, colonne: models.Field) -> Champ:
    """The field of the API for a field of a form and its column."""
    for genre, classe in (
        (forms.ModelChoiceField, Lien),
        (SimpleArrayField, Dates),
        (forms.MultipleChoiceField, Liste),
        (forms.DateField, Date),
        (forms.DecimalField, Nombre),
        (forms.IntegerField, Entier),
        (forms.BooleanField, Case),
    ):
        if isinstance(champ, genre):
            return classe(champ, nom)
    if isinstance(colonne, models.BooleanField):
        return OuiNon(champ, nom) if colonne.null else Case(champ, nom)
    return Choix(champ, nom) if isinstance(champ, forms.ChoiceField) else Champ(champ, nom)


def champs_de_l_api(formulaire: type[forms.ModelForm]) -> dict[str, Champ]:
    """The fields of the API for those of a form that are columns, in the order of the form."""
    colonne = formulaire._meta.model._meta.get_field
    return {
        nom: champ_de_l_api(nom, formulaire.base_fields[nom], colonne(nom)) for nom in formulaire._meta.fields
    }


def montres(formulaire: type[forms.ModelForm]) -> dict[str, Champ]:
    """The same in an answer: always there."""
    champs = champs_de_l_api(formulaire)
    for champ in champs.values():
        champ.required = True
    return champs
