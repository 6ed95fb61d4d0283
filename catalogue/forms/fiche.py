"""What the forms of the three levels share: the identifier block, and the fields held against the rules of the record."""

import copy
from typing import Any, ClassVar

from django import forms
from django.db import IntegrityError
from django.http import QueryDict

from catalogue.cycle_de_vie import OperationRefusee
from catalogue.forms.champs import DISPARU, INCONNU
from catalogue.models import Fiche
from catalogue.models.offre import CATEGORIE_PRISE
from edof.champs import IdentifiantFormField
from organismes.forms import EntreeForm
from organismes.models import Adresse, Contact
from organismes.validateurs import valider_identifiant, valider_texte

IDENTIFIANT_PRIS = {
    "offre": "Cet identifiant est déjà utilisé par une autre offre de votre catalogue.",
    "action": "Cet identifiant est déjà utilisé par une autre action de cette offre.",
    "session": "Cet identifiant est déjà utilisé par une autre session de cette action.",
}


def identifiant_fige(fiche: Fiche) -> str:
    """Why the identifier of this record can no longer change (D-04); nothing while it can."""
    genre = fiche.GENRE[0].lower() + fiche.GENRE[1:]
    return f"L'identifiant ne peut plus changer : {genre} a déjà été active." if fiche.a_ete_active else ""


class IdentifiantForm(forms.Form):
    """« Renseigner un identifiant pour votre session » and its sisters (S-57 to S-63)."""

    identifiant = IdentifiantFormField(
        max_length=30,
        validators=[valider_identifiant, valider_texte],
        error_messages={
            "required": "Veuillez renseigner un identifiant interne afin de poursuivre votre saisie.",
            "max_length": "Un identifiant compte au plus 30 caractères (le vôtre en compte %(show_value)d).",
        },
    )

    def __init__(self, *args: Any, fiche: Fiche, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fiche = fiche

    def clean_identifiant(self) -> str:
        """Refuse what another record under the same parent bears (S-62, D-04)."""
        identifiant = self.cleaned_data["identifiant"]
        if self.fiche.soeurs().identifiant_pris(identifiant, sauf=self.fiche.pk):
            raise forms.ValidationError(IDENTIFIANT_PRIS[self.fiche._meta.model_name], code="pris")
        return identifiant


class FicheForm(forms.ModelForm):
    """Everything but the identifier.

    Bound, it checks what may be stored; with `exiger` it checks validity too (D-06, D-07). It never saves: its
    `cleaned_data` goes through `executer`. `avertissements` holds what deserves to be said without refusing.
    """

    # (title, help, names of the fields), in the order of the screen; a section without field is not shown.
    SECTIONS: ClassVar[tuple[tuple[str, str, tuple[str, ...]], ...]] = ()
    # Sections drawn by a template of their own: {title: template}.
    GABARITS: ClassVar[dict[str, str]] = {}
    # The fields beside which a new contact or address can be added: {name: its form}.
    PANNEAUX: ClassVar[dict[str, type[EntreeForm]]] = {}
    # What « Dupliquer » does not copy (D-16).
    SANS_COPIE: ClassVar[frozenset[str]] = frozenset()

    def __init__(self, *args: Any, fiche: Fiche, exiger: bool = False, **kwargs: Any) -> None:
        # A copy: what is typed must not reach the record before the one door.
        super().__init__(*args, instance=copy.copy(fiche), **kwargs)
        self.fiche, self.exiger = fiche, exiger
        self.avertissements: list[str] = []
        obligatoires = {regle.champ for regle in fiche.REGLES}
        for nom, champ in self.fields.items():
            champ.optionnel = nom not in obligatoires
            if isinstance(champ, forms.ModelChoiceField) and champ.queryset.model in (Contact, Adresse):
                champ.queryset = champ.queryset.model.objects.pour_organisme(fiche.organisme)
                champ.empty_label = "Choisissez un contact" if champ.queryset.model is Contact else "Choisissez une adresse"
                champ.error_messages |= {"invalid_choice": INCONNU}
            if nom in self.PANNEAUX:
                champ.panneau, champ.panneau_ouvert = self.PANNEAUX[nom], None

    @classmethod
    def saisie_de(cls, fiche: Fiche, sauf: frozenset[str] = frozenset()) -> QueryDict:
        """What somebody would have typed to get this record, but the fields `sauf`."""
        form = cls(fiche=fiche)
        saisie = QueryDict(mutable=True)
        for champ in form:
            valeur = champ.value()
            if champ.name in sauf or valeur in (None, "", [], False):
                continue
            if isinstance(champ.field.widget, forms.widgets.ChoiceWidget):
                saisie.setlist(champ.name, valeur if isinstance(valeur, list) else [str(valeur)])
            else:
                saisie[champ.name] = "on" if valeur is True else champ.field.widget.format_value(valeur)
        return saisie

    @classmethod
    def rempli(cls, saisie: QueryDict, fiche: Fiche) -> "FicheForm":
        """The form with what was typed, unchecked; with what the record holds when nothing was."""
        if not saisie:
            return cls(fiche=fiche)
        return cls(initial={nom: champ.widget.value_from_datadict(saisie, {}, nom) for nom, champ in cls.base_fields.items()}, fiche=fiche)

    @property
    def sections(self) -> list[dict[str, Any]]:
        """The sections that have something to ask."""
        return [
            {"titre": titre, "aide": aide, "champs": presents, "gabarit": self.GABARITS.get(titre)}
            for titre, aide, noms in self.SECTIONS
            if (presents := [self[nom] for nom in noms if nom in self.fields])
        ]

    def clean(self) -> dict[str, Any]:
        """Hold the values against the rules of the record: errors when required, warnings otherwise."""
        candidate = copy.copy(self.fiche)
        try:
            candidate.appliquer(self.cleaned_data)
        except OperationRefusee as refusee:
            for refus in refusee.refus:
                self.add_error(refus.champ if refus.champ in self.fields else None, refus.phrase)
            return self.cleaned_data
        for regle in candidate.empechements():
            if regle.champ in self.errors:
                continue
            if self.exiger:
                self.add_error(regle.champ if regle.champ in self.fields else None, forms.ValidationError(regle.raison, code=regle.slug))
            else:
                self.avertissements.append(regle.raison)
        self.avertissements += candidate.avertissements()
        return self.cleaned_data


def pris_entre_temps(erreur: IntegrityError, fiche: Fiche, formulaire: type[FicheForm]) -> list[tuple[str, str, str]]:
    """What the database refused because somebody else did it first: (field, sentence, code); nothing when it is another error."""
    texte = str(erreur)
    if f"{fiche._meta.model_name}_identifiant_unique" in texte:
        return [("identifiant", IDENTIFIANT_PRIS[fiche._meta.model_name], "pris")]
    if "categorie_unique" in texte:
        return [(CATEGORIE_PRISE.champ or "", CATEGORIE_PRISE.raison, CATEGORIE_PRISE.slug)]
    return [(champ, DISPARU, "disparu") for champ in formulaire.PANNEAUX if champ in texte]
