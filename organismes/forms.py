"""The sign-in form, and the forms of the address book."""

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, ClassVar

import pghistory
from django import forms
from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms.boundfield import BoundField

from edof.champs import NombreFormField
from edof.contraintes import contrainte
from edof.textes import valider_texte
from organismes import adresse_en_ligne, contact_en_ligne
from organismes.droits import Acteur
from organismes.models import Adresse, Contact, Organisme
from organismes.models.coordonnees import CourrielFormField
from organismes.models.entree import Entree


class ConnexionForm(AuthenticationForm):
    """Sign-in form, with an e-mail address."""

    username = CourrielFormField(
        label="Adresse e-mail",
        max_length=160,
        validators=[valider_texte],
        widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True}),
    )
    error_messages = {
        "invalid_login": "Adresse e-mail ou mot de passe incorrect.",
        "inactive": "Adresse e-mail ou mot de passe incorrect.",
    }


@dataclass(frozen=True)
class Groupe:
    """A group of fields shown together.

    With a `resume`, these are fields that few users need: folded, unless `ouvert` is true.
    """

    titre: str
    champs: list[BoundField]
    resume: str
    ouvert: bool


def _version(modifie_le: dt.datetime) -> str:
    """Return the same text for the same instant, whatever its time zone."""
    return str(modifie_le.timestamp())


class EntreeForm(forms.ModelForm):
    """Form that creates or edits a contact or an address of an organisme.

    Optional fields are marked « (optionnel) ».

    The hidden field `version` has two uses. For a new entry, it is a key: a second submission finds the
    result of the first one. For an existing entry, it is the version that was read, so that nobody
    overwrites what somebody else has just saved.
    """

    # Templates use the class itself, before any panel is open.
    do_not_call_in_templates = True
    # Texts of the panel in the form of a record: the button that opens it, its title, its button, the message
    # after saving.
    OUVRIR: ClassVar[str]
    NOUVEAU: ClassVar[str]
    AJOUTER: ClassVar[str]
    AJOUTE: ClassVar[str]
    # Groups of fields: title, names of the fields, summary shown when the group is folded.
    GROUPES: ClassVar[tuple[tuple[str, tuple[str, ...], str], ...]]
    # Parts of the line of « Saisie rapide », and the error message when it is empty.
    PARTIES: ClassVar[tuple[str, ...]]
    LIGNE_VIDE: ClassVar[str]
    # Fields that are optional for the form but not marked so: one of several is expected, or only in France.
    ATTENDUS: ClassVar[frozenset[str]] = frozenset()
    CHOIX_VIDES: ClassVar[dict[str, str]] = {}

    version = forms.CharField(label="", required=False, validators=[valider_texte], widget=forms.HiddenInput)

    def __init__(self, *args: Any, organisme: Organisme, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.organisme = organisme
        self.initial["version"] = _version(self.instance.modifie_le) if self.instance.pk else uuid.uuid4().hex
        for nom, champ in self.fields.items():
            champ.optionnel = not champ.required and nom not in self.ATTENDUS
        for nom, libelle in self.CHOIX_VIDES.items():
            self.fields[nom].choices = [("", libelle), *list(self.fields[nom].choices)[1:]]

    @property
    def groupes(self) -> list[Groupe]:
        """Return the groups of fields of the page.

        A folded group is open when one of its fields has an error, or a value other than its default.
        """
        groupes = []
        for titre, noms, resume in self.GROUPES:
            champs = [self[nom] for nom in noms]
            ouvert = any(c.errors or str(c.value() or "") != str(c.field.initial or "") for c in champs)
            groupes.append(Groupe(titre, champs, resume, ouvert))
        return groupes

    @property
    def est_commencee(self) -> bool:
        """Return whether the form contains unsaved input.

        A proposed value that was emptied does not count.
        """
        return any(self[nom].value() for nom in self.changed_data if nom != "version")

    def decouper(self, ligne: str) -> dict[str, str]:
        """Return the parts found in the line, by field name."""
        raise NotImplementedError

    def a_decouper(self, operation: str) -> bool:
        """Return whether the line of « Saisie rapide » must be split into the fields.

        It must for « Remplir les champs », or when a line was typed and every part is still empty.
        """
        remplies = any(self[nom].value() for nom in self.PARTIES if nom != "pays")
        laissee = operation != "annuler" and bool(self["ligne"].value()) and not remplies
        return operation == "remplir" or laissee

    def remplir(self) -> None:
        """Overwrite the parts with those of the line; validate only the parts that the line gave."""
        parties: dict[str, str] = {}
        self.full_clean()
        if ligne := self.cleaned_data.get("ligne"):
            parties = self.decouper(ligne)
            self.data = self.data.copy()
            for nom, valeur in parties.items():
                self.data[self.add_prefix(nom)] = valeur
            self.full_clean()
        elif "ligne" not in self.errors:
            self.add_error("ligne", self.LIGNE_VIDE)
        for nom in [nom for nom in self.errors if nom != "ligne" and not parties.get(nom)]:
            del self.errors[nom]

    def remplir_et_nommer(self) -> str:
        """Fill the fields from the line; return the id of the first one filled, in the order of the page.

        Return "" when none was.
        """
        avant = self.data
        self.remplir()
        for champ in (champ for groupe in self.groupes for champ in groupe.champs):
            if self.data.get(champ.html_name) != avant.get(champ.html_name):
                return champ.auto_id
        return ""

    def deja_creee(self) -> Entree | None:
        """Return the entry that an earlier submission of the same form created, or None."""
        if self.instance.pk or (cle := self._cle()) is None:
            return None
        return (
            self._meta.model.objects.pour_organisme(self.instance.organisme)
            .filter(cle_de_creation=cle)
            .first()
        )

    def enregistrer(self, par: Acteur, origine: str = "formulaire") -> Entree | None:
        """Save once, with the author in the history; return None when there are errors (in `errors`)."""
        if deja := self.deja_creee():
            return deja
        if not self.is_valid():
            return None
        creation = self.instance.pk is None
        if creation:
            self.instance.cle_de_creation = self._cle()
        try:
            with (
                transaction.atomic(),
                pghistory.context(
                    operation="ajouter" if creation else "modifier", origine=origine, **par.signature
                ),
            ):
                return self.save() if creation or self._est_a_jour() else None
        except IntegrityError as erreur:
            if contrainte(erreur).endswith("_cree_une_fois"):
                return self.deja_creee()
            if not contrainte(erreur).endswith("_identifiant_unique"):
                raise
            # The identifier was taken since the validation: a new validation adds the error to its field.
            self.full_clean()
            return None

    def _cle(self) -> uuid.UUID | None:
        try:
            return uuid.UUID(self.data.get(self.add_prefix("version"), ""))
        except ValueError:
            return None

    def _est_a_jour(self) -> bool:
        """Lock the entry; return whether it may be saved.

        It may when it is still the version that was read, or when nothing in the form differs from it.
        Otherwise add an error that names the differences, and put the current version in the form.
        """
        verrouillees = self._meta.model.objects.select_for_update(no_key=True).filter(pk=self.instance.pk)
        version = verrouillees.values_list("modifie_le", flat=True).first()
        if version is None:
            self.add_error(None, "Cette fiche n'existe plus : elle a été supprimée entre-temps.")
            return False
        differents = ", ".join(
            self.fields[nom].label.lower() for nom in self.changed_data if nom != "version"
        )
        if _version(version) == self.cleaned_data["version"] or not differents:
            return True
        self.data = self.data.copy()
        self.data[self.add_prefix("version")] = _version(version)
        self.add_error(
            None,
            "Cette fiche a été modifiée par quelqu'un d'autre depuis que vous l'avez ouverte. Votre saisie"
            " est gardée : vérifiez-la, puis enregistrez de nouveau. Ce qui diffère de l'autre version :"
            f" {differents}.",
        )
        return False

    def _get_validation_exclusions(self) -> set[str]:
        """Include `organisme` and `identifiant_normalise` in the constraints, although they are not typed."""
        return super()._get_validation_exclusions() - {"organisme", "identifiant_normalise"}

    def _update_errors(self, errors: ValidationError) -> None:
        """Attach the error of a constraint to the field that its code names."""
        par_champ: dict[str, list[ValidationError]] = {}
        for champ, erreurs in errors.error_dict.items():
            for erreur in erreurs:
                par_champ.setdefault(erreur.code if erreur.code in self.fields else champ, []).append(erreur)
        super()._update_errors(ValidationError(par_champ))


class ContactForm(EntreeForm):
    """Form of « + AJOUTER UN NOUVEAU CONTACT » and of the page of a contact."""

    OUVRIR = "+ AJOUTER UN NOUVEAU CONTACT"
    NOUVEAU = "Nouveau contact"
    AJOUTER = "Ajouter ce contact"
    AJOUTE = "Le contact a bien été ajouté."

    GROUPES = (
        ("", ("ligne",), ""),
        ("ou champ par champ", ("prenom", "nom", "telephone_fixe", "courriel"), ""),
        (
            "Détailler",
            ("civilite", "fonction", "telephone_portable", "site", "identifiant"),
            "civilité, fonction, téléphone portable, site internet, identifiant",
        ),
    )
    PARTIES = contact_en_ligne.PARTIES
    LIGNE_VIDE = "Écrivez d'abord le contact, par exemple « Claire Moreau, 01 49 80 77 68, claire@of.fr »."
    ATTENDUS = frozenset({"ligne"})
    CHOIX_VIDES: ClassVar[dict[str, str]] = {"civilite": "Non précisée"}

    ligne = forms.CharField(
        label="Saisie rapide",
        required=False,
        max_length=1000,
        validators=[valider_texte],
        help_text="Collez une signature ou une ligne : les champs se remplissent, vous vérifiez.",
        # A signature has several lines.
        widget=forms.Textarea(attrs={"rows": 1, "autocomplete": "off"}),
    )

    class Meta:
        model = Contact
        fields = [
            "civilite",
            "prenom",
            "nom",
            "fonction",
            "identifiant",
            "telephone_fixe",
            "telephone_portable",
            "courriel",
            "site",
        ]
        labels = {"identifiant": "Identifiant interne"}
        help_texts = {
            "identifiant": (
                "Votre code pour ce contact, 30 caractères au plus. Laissé vide, il est fait du prénom et du"
                " nom."
            ),
            "courriel": "Il reçoit les notifications : vérifiez-le bien.",
            "site": "Par exemple https://www.organisme.fr",
        }

    def decouper(self, ligne: str) -> dict[str, str]:
        """Return the parts found in the line, without the empty ones: the line never clears a field."""
        return {nom: valeur for nom, valeur in contact_en_ligne.decouper(ligne).items() if valeur}


class CoordonneeField(NombreFormField):
    """A form field for a latitude or a longitude in degrees, as maps give it.

    It accepts a comma or a point, and rounds to ten centimetres.
    """

    def to_python(self, value: Any) -> Decimal | None:
        """Return the rounded number: « 48,7654321987 » becomes 48.765432."""
        degres = super().to_python(value)
        return (
            round(degres, 6) if degres is not None and degres.is_finite() and abs(degres) <= 180 else degres
        )


class AdresseForm(EntreeForm):
    """Form of « + AJOUTER UNE NOUVELLE ADRESSE » and of the page of an address."""

    OUVRIR = "+ AJOUTER UNE NOUVELLE ADRESSE"
    NOUVEAU = "Nouvelle adresse"
    AJOUTER = "Ajouter cette adresse"
    AJOUTE = "L'adresse a bien été ajoutée."

    GROUPES = (
        ("", ("ligne",), ""),
        (
            "ou champ par champ",
            (
                "titre",
                "denomination",
                "numero_voie",
                "indice_repetition",
                "nature_voie",
                "libelle_voie",
                "code_postal",
                "ville",
                "conformite_reglementaire",
            ),
            "",
        ),
        (
            "Détailler",
            (
                "ligne_5",
                "pays",
                "denomination_2",
                "denomination_3",
                "accessibilite_batimentaire",
                "latitude",
                "longitude",
            ),
            "lieu-dit ou boîte postale, pays, suite de la dénomination, accès au bâtiment, position",
        ),
    )
    PARTIES = adresse_en_ligne.PARTIES
    LIGNE_VIDE = "Écrivez d'abord l'adresse, par exemple « 12 avenue de la Cité, 94550 Chevilly-Larue »."
    ATTENDUS = frozenset(
        {
            "ligne",
            "numero_voie",
            "indice_repetition",
            "nature_voie",
            "libelle_voie",
            "ligne_5",
            "code_postal",
            "conformite_reglementaire",
        }
    )
    CHOIX_VIDES: ClassVar[dict[str, str]] = {"indice_repetition": "Aucun", "nature_voie": "Aucune"}

    ligne = forms.CharField(
        label="Saisie rapide",
        required=False,
        max_length=300,
        validators=[valider_texte],
        help_text=(
            "Collez ou tapez l'adresse, par exemple « 12 bis avenue de la Cité, 94550 Chevilly-Larue » "
            ": les champs se remplissent, vous vérifiez."
        ),
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )

    class Meta:
        model = Adresse
        fields = [
            "titre",
            "denomination",
            "denomination_2",
            "denomination_3",
            "numero_voie",
            "indice_repetition",
            "nature_voie",
            "libelle_voie",
            "ligne_5",
            "code_postal",
            "ville",
            "pays",
            "conformite_reglementaire",
            "accessibilite_batimentaire",
            "latitude",
            "longitude",
        ]
        field_classes = {"latitude": CoordonneeField, "longitude": CoordonneeField}
        labels = {
            "numero_voie": "Numéro",
            "indice_repetition": "Indice",
            "conformite_reglementaire": "Ce lieu est conforme à la réglementation sur l'accessibilité",
        }
        help_texts = {
            "titre": "Le nom sous lequel vous la retrouverez, par exemple « Siège » : 30 caractères au plus.",
            "libelle_voie": "Sans le mot « rue » ou « avenue » : 32 caractères au plus.",
            "ligne_5": "Résidence, zone d'activités, BP : 50 caractères au plus.",
            "accessibilite_batimentaire": "Rampe, ascenseur, boucle magnétique, stationnement réservé…",
            "latitude": "En degrés, par exemple 48,7667 : le public lit alors la distance du lieu lui-même.",
        }
        widgets = {
            "accessibilite_batimentaire": forms.Textarea(attrs={"rows": 3}),
            "latitude": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
            "longitude": forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance.pk:
            self.initial.setdefault("denomination", denomination_de(self.instance.organisme))

    def decouper(self, ligne: str) -> dict[str, str]:
        """Return the parts of the address; the country is left out when the line does not name one."""
        parties = adresse_en_ligne.decouper(ligne)
        return {nom: valeur for nom, valeur in parties.items() if valeur or nom != "pays"}


def denomination_de(organisme: Organisme) -> str:
    """Return the default name of the places of an organisme: its own name.

    A name too long is cut after a word.
    """
    longueur = Adresse._meta.get_field("denomination").max_length
    nom = organisme.raison_sociale
    return nom if len(nom) <= longueur else nom[: longueur + 1].rpartition(" ")[0] or nom[:longueur]
