"""What a program writes where a person chooses in a list: said by the schema, and by a refusal."""

from typing import Any

from django import forms

from catalogue.forms.champ_de_fiche import INCONNU
from catalogue.models import Certification

# Django's own sentence for the same fault.
_DE_DJANGO = "Sélectionnez un choix valide."


def sans_liste(phrase: str) -> bool:
    """Return whether a sentence only sends to a list, which a program does not have."""
    return phrase == INCONNU or phrase.startswith(_DE_DJANGO)


def choix_inconnu(form: forms.BaseForm, nom: str) -> str:
    """Return the sentence of the screens for an unknown choice, with what to write in place of the list."""
    champ, modele = form.fields[nom], _modele_lie(form, nom)
    quoi = (
        l_un_de(champ, vide=isinstance(form, forms.ModelForm))
        if modele is None
        else _A_ECRIRE[modele._meta.model_name]
    )
    return f"{INCONNU.partition(' : ')[0]} : écrivez {quoi}." if quoi else INCONNU


# What names a related record.
_A_ECRIRE = {
    "certification": "le code d'une certification de ce type d'offre (certifications/?type_offre=…), ou null",
    "contact": "l'identifiant d'un contact (contacts/), ou null",
    "adresse": "le titre d'une adresse (adresses/), ou null",
    "session": "l'identifiant d'une session de cette action",
}


def _modele_lie(form: forms.BaseForm, nom: str) -> Any:
    if isinstance(form, forms.ModelForm) and nom in (form._meta.fields or ()):
        return form._meta.model._meta.get_field(nom).related_model
    return getattr(getattr(form.fields[nom], "queryset", None), "model", None)


def l_un_de(champ: forms.Field, *, vide: bool = True) -> str:
    """Return what to write for a field of choices; an empty text when its choices depend on the record.

    `vide` says whether the empty text may be written too, where the field may be left unanswered.
    """
    valeurs = [slug for slug in slugs(champ) if slug]
    seul = not champ.required and not isinstance(champ, forms.MultipleChoiceField)
    fin = ', ou ""' if vide and seul else ""
    return f"l'un de : {', '.join(valeurs)}{fin}" if valeurs else ""


def cle_de(modele: Any) -> str:
    """Return the name of the column by which programs name a record of this model."""
    return "code" if modele is Certification else str(modele.CHAMP_IDENTIFIANT)


def slugs(champ: forms.Field) -> list[str]:
    """Return the values that a field of choices accepts.

    An empty text comes first when the field may be left unanswered.
    """
    choix = [str(slug) for slug, _ in getattr(champ, "choices", ()) if slug]
    return choix if champ.required else ["", *choix]
