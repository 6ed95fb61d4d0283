"""The form fields of the columns of a record: the settings that all kinds have in common."""

from typing import Any

from django import forms
from django.db import models

from edof.colonnes import ChoixField

CHOIX_EN_BOUTONS = 4
# From this maximum length on, the field shows how many characters the text has.
A_COMPTER = 200
INCONNU = "Ce choix n'existe pas ou plus : choisissez dans la liste."
DISPARU = "Ce choix vient d'être supprimé : choisissez-en un autre."
TROP_LONG = "Ce texte compte %(show_value)d caractères : %(limit_value)d au plus."


def champ_de(colonne: models.Field, **options: Any) -> forms.Field | None:
    """Return the form field of a column of a record, None when it has none.

    No field is required, because a brouillon may have any gap (D-06).
    """
    nom = str(colonne.verbose_name)
    options["label"] = options.get("label") or nom[:1].upper() + nom[1:]
    en_boutons = isinstance(colonne, ChoixField) and len(colonne.choices) <= CHOIX_EN_BOUTONS
    champ: Any = colonne.formfield(**({"widget": forms.RadioSelect} if en_boutons else {}), **options)
    if champ is None:
        return None
    if en_boutons:
        # There is no button for an empty answer: the question can simply be left unanswered.
        champ.choices = colonne.choices
    elif isinstance(champ.widget, forms.Select) and not isinstance(champ, forms.ModelChoiceField):
        champ.choices = [("", "Choisissez dans la liste"), *(choix for choix in champ.choices if choix[0])]
    champ.required = False
    champ.error_messages |= {"invalid_choice": INCONNU, "max_length": TROP_LONG}
    if isinstance(champ, forms.CharField) and (champ.max_length or 0) >= A_COMPTER:
        # The limit is displayed, and enforced by the server. With `maxlength`, the browser would cut a pasted
        # text without a message.
        champ.widget.attrs.pop("maxlength", None)
        champ.widget.attrs["data-compteur"] = champ.max_length
    return champ
