"""Forms about people: invitations, roles, accounts, passwords."""

from typing import Any

from django import forms
from django.contrib.auth.forms import PasswordChangeForm, PasswordResetForm, SetPasswordForm, SetPasswordMixin
from django.core.exceptions import ValidationError
from django.utils.html import format_html

from edof.textes import valider_texte
from organismes.courriels import composer, deposer
from organismes.droits import PORTEE, Role
from organismes.models import Utilisateur
from organismes.models.coordonnees import CourrielFormField

REGLE = (
    "12 caractères au moins. Une phrase connue de vous seul est plus sûre qu'un mot. N'y mettez ni votre nom,"
    " ni un mot de passe courant."
)


def _secret(libelle: str) -> forms.CharField:
    """The present password, asked again before what matters."""
    return forms.CharField(
        label=libelle, strip=False, widget=forms.PasswordInput(attrs={"autocomplete": "current-password"})
    )


class RoleForm(forms.Form):
    """A role, each with what it may do."""

    role = forms.ChoiceField(
        label="Rôle",
        widget=forms.RadioSelect,
        choices=[
            (r.value, format_html("<span><strong>{}</strong><span>{}</span></span>", r.label, PORTEE[r]))
            for r in Role
        ],
        error_messages={
            "required": "Choisissez un rôle.",
            "invalid_choice": "Choisissez un rôle dans la liste.",
        },
    )


class InvitationForm(RoleForm):
    """Who is invited, and to be what."""

    courriel = CourrielFormField(
        validators=[valider_texte],
        label="Adresse e-mail",
        max_length=160,
        help_text="L'invitation est envoyée à cette adresse, la seule qui pourra l'accepter.",
    )
    field_order = ["courriel", "role"]


class _Choisi(SetPasswordMixin):
    """A password to choose: what is wrong with it is said beside it, and not beside its repetition."""

    def _regler(self, premier: str) -> None:
        self.fields[premier].help_text = REGLE
        self.fields[f"{premier[:-1]}2"].help_text = ""


class NouveauCompteForm(_Choisi, forms.ModelForm):
    """The name and the password of a person who accepts an invitation without having an account."""

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
        """The account, not saved yet."""
        return self.set_password_and_save(self.instance, commit=False)


class NouveauMotDePasseForm(_Choisi, SetPasswordForm):
    """Another password, for who forgot the former one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._regler("new_password1")

    def clean(self) -> dict[str, Any]:
        """The rule, beside the first field."""
        self.validate_passwords("new_password1", "new_password2")
        self.validate_password_for_user(self.user, "new_password1")
        return self.cleaned_data


class MotDePasseForm(NouveauMotDePasseForm, PasswordChangeForm):
    """Another password, for who knows the present one."""

    old_password = _secret("Mot de passe actuel")
    error_messages = {
        **PasswordChangeForm.error_messages,
        "password_incorrect": "Ce n'est pas votre mot de passe actuel.",
    }


class MotDePasseOublieForm(PasswordResetForm):
    """The address of an account; known or not, the work, the time and the answer are the same."""

    email = CourrielFormField(
        label="Adresse e-mail",
        max_length=160,
        validators=[valider_texte],
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )

    def get_users(self, email: str) -> list[Utilisateur]:
        """Who may have a link, else a person who does not exist, for whom one is made all the same."""
        return list(super().get_users(email)) or [Utilisateur(courriel=email)]

    def send_mail(self, *gabarits_et_contexte: Any, **rien: Any) -> None:
        """Behind the answer, and to a person who exists."""
        _sujet, _corps, contexte, _de, a = gabarits_et_contexte
        message = composer("mot_de_passe", a, **contexte)
        deposer(message if contexte["user"].pk else None)


class LienForm(MotDePasseOublieForm):
    """The same link, at an administrator's request: also for who has no password yet."""

    def get_users(self, email: str) -> list[Utilisateur]:
        """Whoever may sign in."""
        return list(Utilisateur.objects.filter(courriel=email, is_active=True))


class NomForm(forms.ModelForm):
    """The name of a person."""

    class Meta:
        model = Utilisateur
        fields = ["prenom", "nom"]

    def __init__(self, personne: Utilisateur, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, instance=personne, **kwargs)
        for champ in self.fields.values():
            champ.required = True


class ConfirmationForm(forms.Form):
    """The present password of `personne`, to confirm."""

    mot_de_passe = _secret("Mot de passe")

    def __init__(self, personne: Utilisateur, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.personne = personne

    def clean_mot_de_passe(self) -> str:
        """The right one."""
        if not self.personne.check_password(self.cleaned_data["mot_de_passe"]):
            raise ValidationError("Ce n'est pas votre mot de passe actuel.")
        return self.cleaned_data["mot_de_passe"]


class NouvelleAdresseForm(ConfirmationForm):
    """Another address to sign in with. Whether it has an account already is nobody's business: only its mail
    will say.
    """

    courriel = CourrielFormField(label="Nouvelle adresse e-mail", max_length=160, validators=[valider_texte])
    field_order = ["courriel", "mot_de_passe"]

    def clean_courriel(self) -> str:
        """Another one than the present one."""
        courriel = self.cleaned_data["courriel"]
        if courriel.lower() == self.personne.courriel.lower():
            raise ValidationError("C'est déjà l'adresse de votre compte.")
        return courriel
