"""Base of the forms of the three levels.

It has the identifier block, and the fields checked against the rules of the record.
"""

import copy
from operator import attrgetter
from typing import Any, ClassVar

from django import forms
from django.db import IntegrityError
from django.utils.datastructures import MultiValueDict
from django.utils.functional import cached_property

from catalogue.cycle_de_vie import OperationRefusee
from catalogue.forms.champ_de_fiche import DISPARU, INCONNU
from catalogue.forms.plan import PARTIES_D_UN_LONG_FORMULAIRE, Partie, Plan
from catalogue.models import Fiche
from catalogue.models.offre import CATEGORIE_PRISE
from catalogue.regles import Regle, lus
from edof.champs import IdentifiantFormField
from edof.contraintes import colonne_de_la_cle, contrainte
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


# The form of each level; a subclass of FicheForm that has a Meta of its own registers itself.
FORMULAIRES: "dict[type[Fiche], type[FicheForm]]" = {}


def identifiant_fige(fiche: Fiche) -> str:
    """Return why the identifier of this record can no longer change (D-04), empty while it can."""
    genre = fiche.GENRE[0].lower() + fiche.GENRE[1:]
    return f"L'identifiant ne peut plus changer : {genre} a déjà été active." if fiche.a_ete_active else ""


class IdentifiantForm(forms.Form):
    """The form « Renseigner un identifiant pour votre session » (S-57 to S-63).

    The forms of the identifier of an offre and of an action are the same.
    """

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
        """Refuse the identifier of another record under the same parent (S-62, D-04)."""
        identifiant = self.cleaned_data["identifiant"]
        if self.fiche.soeurs().identifiant_pris(identifiant, sauf=self.fiche.pk):
            raise forms.ValidationError(IDENTIFIANT_PRIS[self.fiche._meta.model_name], code="pris")
        return identifiant


# (title, help, names of the fields) of each part of a form, in the order of the screen.
Sections = tuple[tuple[str, str, tuple[str, ...]], ...]


def champs_des(sections: Sections) -> list[str]:
    """Return the names of the fields of all the sections, in the order of the screen."""
    return [nom for _, _, noms in sections for nom in noms]


class FicheForm(Plan, forms.ModelForm):
    """The form of a record, except its identifier.

    When bound, it checks that the values can be stored; with `exiger`, it also checks that they are valid
    (D-06, D-07). It never saves: its `cleaned_data` is passed to `executer`. `avertissements` lists the
    warnings, which refuse nothing.
    """

    # (title, help, names of the fields), in the order of the screen; a section without field is not shown.
    SECTIONS: ClassVar[Sections] = ()
    # Sections rendered by their own template: {title: template}.
    GABARITS: ClassVar[dict[str, str]] = {}
    # The fields beside which a new contact or address can be added: {name: its form}.
    PANNEAUX: ClassVar[dict[str, type[EntreeForm]]] = {}
    # Short names, at the foot of a part, of the folded fields whose label is long.
    NOMS_COURTS: ClassVar[dict[str, str]] = {}
    # The fields that « Dupliquer » does not copy (D-16).
    SANS_COPIE: ClassVar[frozenset[str]] = frozenset()

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        if "Meta" in vars(cls):
            FORMULAIRES[cls.Meta.model] = cls

    def __init__(self, *args: Any, fiche: Fiche, exiger: bool = False, **kwargs: Any) -> None:
        # Use a copy: the typed values must not reach the record before `executer`.
        super().__init__(*args, instance=copy.copy(fiche), **kwargs)
        self.fiche, self.exiger = fiche, exiger
        self.avertissements: list[str] = []
        # Once checked: the record as it would be, the rules that it does not satisfy, what deserves a look.
        self.candidate: Fiche | None = None
        self.manquements: list[Regle] = []
        self.reserves: list[str] = []
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
        """Return the data a user would have typed to get this record, without the fields `sauf`."""
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
        """Return the form with the typed data, unchecked, or with the record's values when there is none."""
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
        """Return the parts that have at least one field, each with its requirements."""
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
        """Return whether the form has enough parts for a plan and for folding optional fields."""
        return len(self.SECTIONS) >= PARTIES_D_UN_LONG_FORMULAIRE

    @property
    def manquants(self) -> int:
        """Return how many mandatory fields of the form are not filled."""
        return sum(partie.manquants for partie in self.sections)

    @property
    def prochaine(self) -> Partie:
        """Return the first part that has a missing field, otherwise the first part."""
        return next((partie for partie in self.sections if partie.manquants), self.sections[0])

    @property
    def rang_de_la_prochaine(self) -> int:
        """Return the rank of this part in the plan, whose first part is the identifier."""
        return self.sections.index(self.prochaine) + 2

    @property
    def nombre_de_parties(self) -> int:
        """Return the number of parts of the plan, the identifier included."""
        return len(self.sections) + 1

    @property
    def decisifs(self) -> str:
        """Return the fields whose value changes what is required, as "type_offre blocs".

        The script asks the server again when one of them changes.
        """
        lus_par = {nom for regle in self.fiche.REGLES for nom in lus(regle.q) - set(regle.remplissent)}
        return " ".join(nom for nom in self.fields if nom in lus_par)

    def clean(self) -> dict[str, Any]:
        """Check the values against the rules of the record.

        With `exiger`, a rule that does not hold is an error; otherwise it is a warning.
        """
        candidate = copy.copy(self.fiche)
        try:
            candidate.appliquer(self.cleaned_data)
        except OperationRefusee as refusee:
            for refus in refusee.refus:
                self.add_error(refus.champ if refus.champ in self.fields else None, refus.phrase)
            return self.cleaned_data
        self.candidate, self.manquements = candidate, candidate.empechements()
        self.reserves = list(candidate.avertissements())
        for regle in self.manquements:
            if regle.champ in self.errors:
                continue
            if self.exiger:
                self.add_error(
                    regle.champ if regle.champ in self.fields else None,
                    forms.ValidationError(regle.raison, code=regle.slug),
                )
            else:
                self.avertissements.append(regle.raison)
        self.avertissements += self.reserves
        return self.cleaned_data


def pris_entre_temps(
    erreur: IntegrityError, fiche: Fiche, formulaire: type[FicheForm]
) -> list[tuple[str, str, str]]:
    """Return the errors due to another user who wrote first, as (field, sentence, code).

    The list is empty when the database refused for another reason.
    """
    nom, colonne = contrainte(erreur), colonne_de_la_cle(erreur)
    if nom == f"{fiche._meta.model_name}_identifiant_unique":
        return [("identifiant", IDENTIFIANT_PRIS[fiche._meta.model_name], "pris")]
    if nom == "offre_categorie_unique":
        return [(CATEGORIE_PRISE.champ or "", CATEGORIE_PRISE.raison, CATEGORIE_PRISE.slug)]
    return [(champ, DISPARU, "disparu") for champ in formulaire.PANNEAUX if colonne == f"{champ}_id"]
