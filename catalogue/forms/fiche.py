"""What the forms of the three levels share: the identifier block, and the fields held against the rules of
the record.
"""

import copy
from operator import attrgetter
from typing import Any, ClassVar

from django import forms
from django.db import IntegrityError
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from catalogue.cycle_de_vie import OperationRefusee
from catalogue.forms.champs import DISPARU, INCONNU
from catalogue.forms.plan import PARTIES_D_UN_LONG_FORMULAIRE, Partie, Plan
from catalogue.models import Fiche
from catalogue.models.offre import CATEGORIE_PRISE
from catalogue.regles import lus
from edof.champs import IdentifiantFormField
from edof.templatetags.affichage import ancre
from edof.textes import valider_texte
from organismes.forms import EntreeForm
from organismes.models import Adresse, Contact
from organismes.validateurs import valider_identifiant

IDENTIFIANT_PRIS = {
    "offre": "Cet identifiant est déjà utilisé par une autre offre de votre catalogue.",
    "action": "Cet identifiant est déjà utilisé par une autre action de cette offre.",
    "session": "Cet identifiant est déjà utilisé par une autre session de cette action.",
}


# The form of each level; a form enters by being written.
FORMULAIRES: "dict[type[Fiche], type[FicheForm]]" = {}


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


class FicheForm(Plan, forms.ModelForm):
    """Everything but the identifier.

    Bound, it checks what may be stored; with `exiger` it checks validity too (D-06, D-07). It never saves:
    its `cleaned_data` goes through `executer`. `avertissements` holds what deserves to be said without
    refusing.
    """

    # (title, help, names of the fields), in the order of the screen; a section without field is not shown.
    SECTIONS: ClassVar[tuple[tuple[str, str, tuple[str, ...]], ...]] = ()
    # Sections drawn by a template of their own: {title: template}.
    GABARITS: ClassVar[dict[str, str]] = {}
    # The fields beside which a new contact or address can be added: {name: its form}.
    PANNEAUX: ClassVar[dict[str, type[EntreeForm]]] = {}
    # What the foot of a part calls the fields that it folds, when their label is long.
    NOMS_COURTS: ClassVar[dict[str, str]] = {}
    # What « Dupliquer » does not copy (D-16).
    SANS_COPIE: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        FORMULAIRES[cls.Meta.model] = cls

    def __init__(self, *args: Any, fiche: Fiche, exiger: bool = False, **kwargs: Any) -> None:
        # A copy: what is typed must not reach the record before the one door.
        super().__init__(*args, instance=copy.copy(fiche), **kwargs)
        self.fiche, self.exiger = fiche, exiger
        self.avertissements: list[str] = []
        obligatoires = {regle.champ for regle in fiche.REGLES}
        for nom, champ in self.fields.items():
            champ.optionnel = nom not in obligatoires
            champ.nom_court = self.NOMS_COURTS.get(nom)
            champ.large = False
            if isinstance(champ, forms.ModelChoiceField) and champ.queryset.model in (Contact, Adresse):
                champ.queryset = champ.queryset.model.objects.pour_organisme(fiche.organisme)
                champ.empty_label = (
                    "Choisissez un contact" if champ.queryset.model is Contact else "Choisissez une adresse"
                )
                champ.label_from_instance = attrgetter("dans_une_liste")
                champ.large = champ.queryset.model is Adresse
                champ.error_messages |= {"invalid_choice": INCONNU}
            if nom in self.PANNEAUX:
                champ.panneau, champ.panneau_ouvert = self.PANNEAUX[nom], None

    @classmethod
    def saisie_de(cls, fiche: Fiche, sauf: frozenset[str] = frozenset()) -> MultiValueDict[str, Any]:
        """What somebody would have typed to get this record, but the fields `sauf`."""
        form = cls(fiche=fiche)
        saisie: MultiValueDict[str, Any] = MultiValueDict()
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
    def rempli(cls, saisie: MultiValueDict[str, Any], fiche: Fiche) -> "FicheForm":
        """The form with what was typed, unchecked; with what the record holds when nothing was."""
        if not saisie:
            return cls(fiche=fiche)
        return cls(
            initial={
                nom: champ.widget.value_from_datadict(saisie, {}, nom)
                for nom, champ in cls.base_fields.items()
            },
            fiche=fiche,
        )

    @cached_property
    def sections(self) -> list[Partie]:
        """The parts that have something to ask, each with what it still misses."""
        exigences = [(ancre(self[exigence.champ]), exigence) for exigence in self.exigences()]
        parties = []
        for titre, aide, noms in self.SECTIONS:
            champs = [self[nom] for nom in noms if nom in self.fields]
            facultatifs = [champ for champ in champs if champ.field.optionnel and self.est_long]
            principaux = [champ for champ in champs if champ not in facultatifs]
            siennes = [(lien, exigence) for lien, exigence in exigences if exigence.champ in noms]
            siennes.sort(key=lambda siennes: noms.index(siennes[1].champ))
            if champs:
                gabarit = self.GABARITS.get(titre)
                parties.append(Partie(titre, aide, gabarit, principaux, facultatifs, siennes))
        return parties

    @property
    def est_long(self) -> bool:
        """Whether it has enough parts for a plan, and for what is optional to be folded."""
        return len(self.SECTIONS) >= PARTIES_D_UN_LONG_FORMULAIRE

    @property
    def manquants(self) -> int:
        """How many mandatory fields are not filled, in all."""
        return sum(partie.manquants for partie in self.sections)

    @property
    def prochaine(self) -> Partie:
        """The part where the first of them is, else the first part."""
        return next((partie for partie in self.sections if partie.manquants), self.sections[0])

    @property
    def rang_de_la_prochaine(self) -> int:
        """Its rank in the plan, whose first part is the identifier."""
        return self.sections.index(self.prochaine) + 2

    @property
    def nombre_de_parties(self) -> int:
        """Those of the plan."""
        return len(self.sections) + 1

    @property
    def decisifs(self) -> str:
        """The fields whose answer changes what is asked: the script asks again (« type_offre blocs »)."""
        lus_par = {nom for regle in self.fiche.REGLES for nom in lus(regle.q) - set(regle.remplissent)}
        return " ".join(nom for nom in self.fields if nom in lus_par)

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
                self.add_error(
                    regle.champ if regle.champ in self.fields else None,
                    forms.ValidationError(regle.raison, code=regle.slug),
                )
            else:
                self.avertissements.append(regle.raison)
        self.avertissements += candidate.avertissements()
        return self.cleaned_data


def pris_entre_temps(
    erreur: IntegrityError, fiche: Fiche, formulaire: type[FicheForm]
) -> list[tuple[str, str, str]]:
    """What the database refused because somebody else did it first: (field, sentence, code); nothing when it
    is another error.
    """
    texte = str(erreur)
    if f"{fiche._meta.model_name}_identifiant_unique" in texte:
        return [("identifiant", IDENTIFIANT_PRIS[fiche._meta.model_name], "pris")]
    if "categorie_unique" in texte:
        return [(CATEGORIE_PRISE.champ or "", CATEGORIE_PRISE.raison, CATEGORIE_PRISE.slug)]
    return [(champ, DISPARU, "disparu") for champ in formulaire.PANNEAUX if champ in texte]
