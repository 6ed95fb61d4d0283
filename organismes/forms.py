"""Sign-in, and the small forms of the address book."""

from typing import ClassVar

from django import forms
from django.contrib.auth.forms import AuthenticationForm

from organismes.models import Adresse, Contact, Organisme


class ConnexionForm(AuthenticationForm):
    """Sign in with an e-mail address."""

    username = forms.EmailField(
        label="Adresse e-mail", max_length=160, widget=forms.EmailInput(attrs={"autocomplete": "username", "autofocus": True})
    )
    error_messages = {
        "invalid_login": "Adresse e-mail ou mot de passe incorrect.",
        "inactive": "Adresse e-mail ou mot de passe incorrect.",
    }


class FicheDuCarnetForm(forms.ModelForm):
    """A record of the address book, created for an organisme; « (optionnel) » marks what may stay empty."""

    # Templates read the class itself, before any panel is open.
    do_not_call_in_templates = True
    # The button that opens the panel, the title and the button of the panel, and what is said once it is added.
    OUVRIR: ClassVar[str]
    NOUVEAU: ClassVar[str]
    AJOUTER: ClassVar[str]
    AJOUTE: ClassVar[str]

    def __init__(self, *args: object, organisme: Organisme, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.instance.organisme = organisme
        for champ in self.fields.values():
            champ.optionnel = not champ.required

    def _get_validation_exclusions(self) -> set[str]:
        """Keep the organisme in the check of uniqueness: it is set, not typed."""
        return super()._get_validation_exclusions() - {"organisme"}


class ContactForm(FicheDuCarnetForm):
    """« + AJOUTER UN NOUVEAU CONTACT »."""

    OUVRIR = "+ AJOUTER UN NOUVEAU CONTACT"
    NOUVEAU = "Nouveau contact"
    AJOUTER = "Ajouter ce contact"
    AJOUTE = "Le contact a bien été ajouté."

    class Meta:
        model = Contact
        fields = ["prenom", "nom", "fonction", "telephone_fixe", "telephone_portable", "courriel"]


class AdresseForm(FicheDuCarnetForm):
    """« + AJOUTER UNE NOUVELLE ADRESSE »."""

    OUVRIR = "+ AJOUTER UNE NOUVELLE ADRESSE"
    NOUVEAU = "Nouvelle adresse"
    AJOUTER = "Ajouter cette adresse"
    AJOUTE = "L'adresse a bien été ajoutée."

    class Meta:
        model = Adresse
        fields = [
            "titre",
            "denomination",
            "numero_voie",
            "nature_voie",
            "libelle_voie",
            "ligne_5",
            "code_postal",
            "ville",
            "conformite_reglementaire",
        ]
