"""Forms about people: invitations, roles, accounts, passwords."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm, SetPasswordForm, SetPasswordMixin
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from edof.champs import LigneFormField
from edof.templatetags.affichage import insecables
from edof.textes import valider_texte
from organismes.courriels import composer, deposer
from organismes.droits import PORTEE, Role
from organismes.models import Frequence, Utilisateur
from organismes.models.coordonnees import CourrielFormField

REGLE = (
    "12 caractères au moins. Une phrase connue de vous seul est plus sûre qu'un mot. N'y mettez ni votre nom,"
    " ni un mot de passe courant."
)


def _secret(libelle: str) -> forms.CharField:
    """Return a field for the current password, asked again before an important change."""
    return forms.CharField(
        label=libelle, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class RoleForm(forms.Form):
    """Form that chooses a role; each choice is shown with its description."""

    role = forms.ChoiceField(
        label="Rôle",
        widget=forms.RadioSelect,
        choices=[
            (
                r.value,
                format_html(
                    "<span><strong>{}</strong><span>{}</span></span>", r.label, insecables(PORTEE[r])
                ),
            )
            for r in Role
        ],
        error_messages={
            "required": "Choisissez un rôle.",
            "invalid_choice": "Choisissez un rôle dans la liste.",
        },
    )


class InvitationForm(RoleForm):
    """Form of an invitation: the address and the role."""

    courriel = CourrielFormField(
        validators=[valider_texte],
        label="Adresse e-mail",
        max_length=160,
        help_text="L'invitation est envoyée à cette adresse, la seule qui pourra l'accepter.",
    )
    field_order = ["courriel", "role"]


class _Choisi(SetPasswordMixin):
    """Mixin for a form that sets a password.

    Errors are shown next to the password, not next to its repetition.
    """

    def _regler(self, premier: str) -> None:
        self.fields[premier].help_text = REGLE
        self.fields[f"{premier[:-1]}2"].help_text = ""


class NouveauCompteForm(_Choisi, forms.ModelForm):
    """Form of a person who accepts an invitation without having an account: name and password."""

    password1, password2 = SetPasswordMixin.create_password_fields()

    class Meta:
        model = Utilisateur
        fields = ["prenom", "nom"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._regler("password1")
        for champ, complement in (("prenom", "given-name"), ("nom", "family-name")):
            self.fields[champ].required = True
            self.fields[champ].widget.attrs["autocomplete"] = complement

    def _post_clean(self) -> None:
        super()._post_clean()
        self.validate_passwords()
        self.validate_password_for_user(self.instance, "password1")

    def personne(self) -> Utilisateur:
        """Return the account, not saved yet."""
        return self.set_password_and_save(self.instance, commit=False)


class NouveauMotDePasseForm(_Choisi, SetPasswordForm):
    """Form that sets a new password after a forgotten one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._regler("new_password1")

    def clean(self) -> dict[str, Any]:
        """Validate both passwords; the errors of the password rules are added to the first field."""
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password1")
        return self.cleaned_data


class MotDePasseForm(NouveauMotDePasseForm, PasswordChangeForm):
    """Form that changes the password, with the current one."""

    old_password = _secret("Mot de passe actuel")
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "Ce n'est pas votre mot de passe actuel.",
    }


class MotDePasseOublieForm(PasswordResetForm):
    """Form for a forgotten password.

    The work, the duration and the answer are the same whether the address is known or not.
    """

    email = CourrielFormField(
        label="Adresse e-mail",
        max_length=160,
        validators=[valider_texte],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def get_users(self, email: str) -> list[Utilisateur]:
        """Return the users of this address, else one unsaved user, for whom a link is made all the same."""
        return list(super().get_users(email)) or [Utilisateur(courriel=email)]

    def send_mail(self, *gabarits_et_contexte: Any, **rien: Any) -> None:
        """Queue the e-mail for the worker; nothing is sent when the account does not exist."""
        _sujet, _corps, contexte, _de, a = gabarits_et_contexte
        message = composer("mot_de_passe", a, **contexte)
        deposer(message if contexte["user"].pk else None)


class LienForm(MotDePasseOublieForm):
    """Form that sends the same link at an administrator's request, also to an account without password."""

    def get_users(self, email: str) -> list[Utilisateur]:
        """Return the active accounts of this address."""
        return list(Utilisateur.objects.filter(courriel=email, is_active=True))


class NomForm(forms.ModelForm):
    """Form of the name of a person."""

    class Meta:
        model = Utilisateur
        fields = ["prenom", "nom"]

    def __init__(self, personne: Utilisateur, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, instance=personne, **kwargs)
        for champ in self.fields.values():
            champ.required = True


class BulletinForm(forms.ModelForm):
    """Form that chooses how often a person receives the digest of their catalogue."""

    class Meta:
        model = Utilisateur
        fields = ["frequence_du_bulletin"]
        widgets = {"frequence_du_bulletin": forms.RadioSelect}
        labels = {"frequence_du_bulletin": "Quand le recevoir"}

    def __init__(self, personne: Utilisateur, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, instance=personne, **kwargs)
        self.fields["frequence_du_bulletin"].choices = Frequence.choices


class ConfirmationForm(forms.Form):
    """Form that asks for the current password of `personne` to confirm an operation."""

    mot_de_passe = _secret("Mot de passe")

    def __init__(self, personne: Utilisateur, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.personne = personne

    def clean_mot_de_passe(self) -> str:
        """Check the current password."""
        if not self.personne.check_password(self.cleaned_data["mot_de_passe"]):
            raise ValidationError("Ce n'est pas votre mot de passe actuel.", code="faux")
        return self.cleaned_data["mot_de_passe"]


class CodeForm(forms.Form):
    """Form of a code of the second factor, with or without spaces."""

    code = forms.CharField(
        label="Code",
        max_length=60,
        validators=[valider_texte],
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "spellcheck": "false", "autocapitalize": "characters"}
        ),
        error_messages={"required": "Tapez le code.", "max_length": "Ce code est trop long."},
    )

    def __init__(self, *args: Any, longueur: int | None = None, **kwargs: Any) -> None:
        """With `longueur`, only codes of so many digits are typed."""
        super().__init__(*args, **kwargs)
        if longueur:
            self.fields["code"].label = f"Code à {longueur} chiffres"
            self.fields["code"].widget.attrs["inputmode"] = "numeric"


class CleForm(forms.Form):
    """Form of a new passkey: its name, and what the browser answers, which the script fills in."""

    nom = LigneFormField(
        label="Nom de la clé",
        max_length=60,
        validators=[valider_texte],
        help_text="Pour la reconnaître, par exemple « Téléphone » ou « Ordinateur du bureau ».",
        error_messages={"required": "Donnez un nom à la clé."},
    )
    reponse = forms.CharField(
        widget=forms.HiddenInput,
        validators=[valider_texte],
        error_messages={"required": "Aucune clé n'a répondu : utilisez le bouton, avec JavaScript."},
    )


class NouvelleAdresseForm(ConfirmationForm):
    """Form that changes the sign-in address.

    It does not reveal whether the new address already has an account: only an e-mail to that address does.
    """

    courriel = CourrielFormField(label="Nouvelle adresse e-mail", max_length=160, validators=[valider_texte])
    field_order = ["courriel", "mot_de_passe"]

    def clean_courriel(self) -> str:
        """Refuse the current address."""
        courriel = self.cleaned_data["courriel"]
        if courriel.lower() == self.personne.courriel.lower():
            raise ValidationError("C'est déjà l'adresse de votre compte.")
        return courriel
