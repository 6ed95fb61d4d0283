"""Sign-in, and the small forms of the address book."""

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

    class Meta:
        model = Contact
        fields = ["prenom", "nom", "fonction", "telephone_fixe", "telephone_portable", "courriel"]


class AdresseForm(FicheDuCarnetForm):
    """« + AJOUTER UNE NOUVELLE ADRESSE »."""

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
