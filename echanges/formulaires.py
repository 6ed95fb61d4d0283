"""The forms of the records, as a file fills them: links already found, nothing asked of the database.

Fields, limits, sentences and rules are those of the forms of the screens.
"""

import copy
import datetime as dt
from collections.abc import Hashable
from decimal import Decimal
from typing import Any, TypeVar

from django import forms
from django.core.exceptions import ValidationError
from django.db import models

from catalogue.forms.action import ActionForm
from catalogue.forms.champ_de_fiche import INCONNU
from catalogue.forms.fiche import FicheForm
from catalogue.forms.offre import OffreForm
from catalogue.models import Certification
from catalogue.models.certification import CERTIFICATIONS_DU_TYPE
from catalogue.regles import verifie
from echanges.lignes import Niveau
from organismes.forms import AdresseForm, ContactForm, EntreeForm
from organismes.models.entree import Entree
from sessions_app.forms import SessionForm
from sessions_app.models import Session


class TrouveeField(forms.Field):
    """A contact or an address that was found: what is typed is the record itself."""

    def prepare_value(self, value: Any) -> Any:
        """Return the same record."""
        return value


class CertificationTrouveeField(TrouveeField):
    """A certification that was found, which must suit the type of the offre."""

    type_offre = ""

    def clean(self, value: Any) -> Any:
        """Return the certification, or refuse it with the sentence of the form."""
        trouvee = super().clean(value)
        if trouvee is not None and not _convient(trouvee, self.type_offre):
            raise ValidationError(INCONNU, code="invalid_choice")
        return trouvee


def _convient(certification: Certification, type_offre: str) -> bool:
    return not type_offre or verifie(CERTIFICATIONS_DU_TYPE[type_offre], certification)


F = TypeVar("F", bound=type[FicheForm])


def _aux_liens_trouves(formulaire: F) -> F:
    """Replace, in a form of a record, the lists to choose from by what was found."""
    for nom, champ in formulaire.base_fields.items():
        if isinstance(champ, forms.ModelChoiceField):
            genre = CertificationTrouveeField if nom == "certification" else TrouveeField
            formulaire.base_fields[nom] = genre(required=False, label=champ.label)
    return formulaire


class _Importee(FicheForm):
    """What the forms of the three levels have in common when a file fills them."""

    def _get_validation_exclusions(self) -> set[str]:
        # The links were found among those of the organisme.
        liens = {nom for nom, champ in self.fields.items() if isinstance(champ, TrouveeField)}
        return {*super()._get_validation_exclusions(), *liens}  # type: ignore[misc]


@_aux_liens_trouves
class SessionImportee(_Importee, SessionForm):
    """The form of a session, filled by a file: the same one for all the lines.

    What a field has made of a value is remembered: many lines name the same contact, or the same day.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.connues: dict[tuple[str, Any], Any] = {}
        self.brutes: dict[str, Any] = {}
        self.nettes: dict[str, Any] = {}
        self.lue = False

    def reprendre(self, fiche: Session, *, initiales: bool = True) -> None:
        """Make the form that of another session, unfilled: making a form costs more than checking it.

        Without `initiales`, the fields that are not typed are left empty.
        """
        self.fiche, self.instance = fiche, fiche
        self.initial = forms.models.model_to_dict(fiche, self._meta.fields) if initiales else {}
        self.data, self._errors = {}, None
        self.candidate, self.manquements, self.reserves, self.avertissements = None, [], [], []

    def _clean_fields(self) -> None:
        self.brutes = {
            nom: champ.widget.value_from_datadict(self.data, {}, nom) for nom, champ in self.fields.items()
        }
        try:
            self.cleaned_data = {nom: self.connues[nom, brute] for nom, brute in self.brutes.items()}
            self.lue = True
        except (KeyError, TypeError):
            # A value that was not seen yet, or that cannot be remembered.
            self.lue = False
            super()._clean_fields()  # type: ignore[misc]
            self.nettes = dict(self.cleaned_data)

    def _post_clean(self) -> None:
        if self.lue:
            return
        self.instance = copy.copy(self.fiche)
        super()._post_clean()  # type: ignore[misc]
        for nom, valeur in self.nettes.items():
            if nom not in self.errors and isinstance(self.brutes[nom], Hashable):
                self.connues[nom, self.brutes[nom]] = valeur


@_aux_liens_trouves
class ActionImportee(_Importee, ActionForm):
    """The form of an action, filled by a file."""


@_aux_liens_trouves
class OffreImportee(_Importee, OffreForm):
    """The form of an offre, filled by a file."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if isinstance(champ := self.fields.get("certification"), CertificationTrouveeField):
            champ.type_offre = self.type

    def _lire_le_choix(self) -> Certification | None:
        trouvee: Any = self.data.get("certification") if self.is_bound else None
        connu = self.type in {"", *CERTIFICATIONS_DU_TYPE}
        suffit = isinstance(trouvee, Certification) and connu and _convient(trouvee, self.type)
        return trouvee if suffit else None


class _EntreeImportee(EntreeForm):
    """What the forms of a contact and of an address have in common when a file fills them."""

    def clean(self) -> dict[str, Any]:
        """Leave the constraints between entries to the plan, which has read them all."""
        return self.cleaned_data

    def _get_validation_exclusions(self) -> set[str]:
        exclues: set[str] = super(EntreeForm, self)._get_validation_exclusions()  # type: ignore[misc]
        return exclues


class ContactImporte(_EntreeImportee, ContactForm):
    """The form of a contact, filled by a file."""


class AdresseImportee(_EntreeImportee, AdresseForm):
    """The form of an address, filled by a file."""


FORMULAIRES_D_IMPORT: dict[str, Any] = {
    Niveau.CONTACT: ContactImporte,
    Niveau.ADRESSE: AdresseImportee,
    Niveau.OFFRE: OffreImportee,
    Niveau.ACTION: ActionImportee,
    Niveau.SESSION: SessionImportee,
}


def en_saisie(champ: forms.Field, valeur: Any) -> Any:
    """Return what a person would have typed in the field for a value of the API."""
    if valeur is None:
        return ""
    if isinstance(valeur, bool):
        return champ.prepare_value(valeur)
    if isinstance(valeur, list) and not isinstance(champ, forms.MultipleChoiceField):
        return ", ".join(map(str, valeur))
    return valeur


def en_json(valeur: Any) -> Any:
    """Return a value of a record as the API gives it."""
    if isinstance(valeur, list):
        return [en_json(un) for un in valeur]
    if isinstance(valeur, dt.date):
        return valeur.isoformat()
    if isinstance(valeur, Decimal):
        return f"{valeur:f}"
    if isinstance(valeur, Entree):
        return str(getattr(valeur, valeur.CHAMP_IDENTIFIANT)) or valeur.nom_court  # type: ignore[attr-defined]
    if isinstance(valeur, Certification):
        return valeur.code
    if isinstance(valeur, models.Model):
        return str(valeur)
    return valeur
