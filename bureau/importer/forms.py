"""What is typed on the page « Importer »: a file, or cells pasted from a spreadsheet."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from echanges.fichiers import AU_PLUS, MEGA
from echanges.preparation import COLLAGE
from edof.templatetags.affichage import milliers
from edof.textes import nettoyer_texte, valider_texte

TEXTE_AU_PLUS = 2_000_000
LE_PLUS_LOURD = max(AU_PLUS.values())


class DepotForm(forms.Form):
    """A file to drop, or cells to paste."""

    fichier = forms.FileField(
        label="Fichier",
        required=False,
        allow_empty_file=True,
        help_text="Classeur Excel (.xlsx) ou CSV de 20 Mo au plus ; XML d'EDOF ou archive « Tout emporter »"
        " de 100 Mo au plus.",
        widget=forms.FileInput(attrs={"accept": ".xlsx,.csv,.tsv,.txt,.xml,.zip"}),
    )
    texte = forms.CharField(
        label="ou cellules copiées d'un tableur",
        required=False,
        max_length=TEXTE_AU_PLUS,
        strip=False,
        validators=[valider_texte],
        help_text="Copiez les lignes avec leurs titres, puis collez-les ici.",
        widget=forms.Textarea(attrs={"rows": 5, "spellcheck": "false", "autocomplete": "off"}),
    )

    def clean(self) -> dict[str, Any]:
        """Ask for one of the two, and refuse at once a file that is too large."""
        fichier, texte = self.cleaned_data.get("fichier"), self.cleaned_data.get("texte", "")
        if fichier is None and not texte.strip() and not self.errors:
            self.add_error("fichier", "Choisissez un fichier, ou collez des cellules.")
        if fichier is not None and fichier.size > LE_PLUS_LOURD * MEGA:
            poids = milliers(round(fichier.size / MEGA))
            self.add_error(
                "fichier", ValidationError(f"Ce fichier pèse {poids} Mo : {LE_PLUS_LOURD} Mo au plus.")
            )
        return self.cleaned_data

    @property
    def nom(self) -> str:
        """Return the name of the file, or that of what is pasted."""
        fichier = self.cleaned_data["fichier"]
        if fichier is None:
            return COLLAGE
        return nettoyer_texte(fichier.name).replace("\\", "/").rpartition("/")[2][-255:] or COLLAGE

    def morceaux(self) -> Iterable[bytes]:
        """Yield the octets of what was given."""
        if (fichier := self.cleaned_data["fichier"]) is not None:
            return iter(fichier.chunks())
        return iter([self.cleaned_data["texte"].encode("utf-8", "replace")])
