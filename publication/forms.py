"""Forms to choose a day and to submit a proof of parution."""

import datetime as dt
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from edof.champs import champ_date
from edof.horloge import aujourd_hui
from edof.templatetags.affichage import date_longue
from edof.textes import valider_texte
from organismes.models import Organisme
from publication.en_ligne import premier_jour
from publication.preuves import OCTETS_AU_PLUS

TROP_GROS = f"Ce texte est trop long pour être une preuve : {OCTETS_AU_PLUS // 1024} Ko au plus."


def deja_publie(organisme: Organisme, jour: dt.date) -> None:
    """Refuse a day that is to come, or before the first publication where this organisme publishes.

    Raises ValidationError.
    """
    premier = premier_jour(organisme)
    if jour > aujourd_hui():
        raise ValidationError("Ce jour n'est pas encore arrivé : choisissez aujourd'hui ou un jour passé.")
    if premier is None:
        raise ValidationError("Rien n'a encore été publié : la première publication aura lieu demain matin.")
    if jour < premier:
        raise ValidationError(
            f"La première publication est celle du {date_longue(premier)} : rien n'était en ligne avant."
        )


def _jour(label: str) -> forms.DateField:
    champ = champ_date(label=label)
    champ.error_messages["required"] = "Indiquez un jour."
    return champ


def lisible(texte: str) -> str:
    """Convert a date from AAAA-MM-JJ to jj/mm/aaaa; return any other text unchanged.

    URLs contain the first format, people read the second.
    """
    try:
        jour = dt.date.fromisoformat(texte)
    except ValueError:
        return texte
    return f"{jour.day:02}/{jour.month:02}/{jour.year:04}"


class _Jours(forms.Form):
    """Days that have been published where `organisme` publishes."""

    def __init__(self, *args: Any, organisme: Organisme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for champ in self.fields.values():
            champ.validators.append(partial(deja_publie, organisme))


class JourForm(_Jours):
    """A form that asks for one day."""

    jour = _jour("Jour")


class DeuxJoursForm(_Jours):
    """A form that asks for two days to compare."""

    de = _jour("Premier jour")
    a = _jour("Second jour")


class PreuveForm(forms.Form):
    """A form to submit a proof to verify, as a file or as text."""

    fichier = forms.FileField(
        label="Fichier de la preuve",
        required=False,
        widget=forms.FileInput(attrs={"accept": ".json,application/json"}),
        error_messages={"empty": "Ce fichier est vide.", "invalid": "Choisissez un fichier."},
    )
    texte = forms.CharField(
        label="ou le texte de la preuve",
        required=False,
        strip=False,
        validators=[valider_texte],
        widget=forms.Textarea(attrs={"rows": 6, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean_fichier(self) -> Any:
        """Refuse a file larger than OCTETS_AU_PLUS bytes."""
        fichier = self.cleaned_data["fichier"]
        if fichier and fichier.size > OCTETS_AU_PLUS:
            raise ValidationError(TROP_GROS.replace("Ce texte est trop long", "Ce fichier est trop gros"))
        return fichier

    def clean_texte(self) -> str:
        """Refuse a text larger than OCTETS_AU_PLUS bytes."""
        texte = self.cleaned_data["texte"]
        if len(texte.encode("utf-8", "surrogatepass")) > OCTETS_AU_PLUS:
            raise ValidationError(TROP_GROS)
        return texte

    def clean(self) -> dict[str, Any]:
        """Require a file or a text; the file is used when both are given."""
        valeurs = super().clean()
        if not self.errors and not valeurs["fichier"] and not valeurs["texte"].strip():
            self.add_error("fichier", "Choisissez le fichier d'une preuve, ou collez son texte.")
        return valeurs

    def octets(self) -> bytes:
        """Return the bytes that were submitted."""
        fichier = self.cleaned_data["fichier"]
        return fichier.read() if fichier else self.cleaned_data["texte"].encode("utf-8", "surrogatepass")
