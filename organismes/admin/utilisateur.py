"""Users in Django admin: created, disabled, given a new password.

They are never deleted, because the history refers to them: their person is erased (`effacer`).
"""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django_otp.plugins.otp_totp.models import TOTPDevice

from edof.pliage import tri_francais
from edof.templatetags.affichage import enumerer, moment, pluriel
from organismes import appareils, equipe, second_facteur
from organismes.admin.personne import DonneesPersonnelles
from organismes.confirmation import demander, est_recent
from organismes.droits import Role
from organismes.forms_personnes import LienForm
from organismes.models import Membre, Utilisateur

admin.site.unregister(Group)
# Its page shows the key of anybody's application.
admin.site.unregister(TOTPDevice)


# The groups that organismes/migrations/0011_roles_de_l_administration.py makes.
ROLES = (
    "Pour qui n'est pas administrateur de tout. Support : lire, débloquer, voir comme un organisme, écrire un"
    " bandeau. Publication : publier maintenant, suspendre, synonymes. Certifications : les tenir à jour."
    " Personnes : comptes, membres, invitations, jetons."
)


class UtilisateurForm(forms.ModelForm):
    """Form of the editable fields of a user; the password has a page of its own."""

    # The current user: they cannot lock themselves out.
    par: Utilisateur

    class Meta:
        model = Utilisateur
        fields = ["courriel", "prenom", "nom", "is_active", "is_staff", "is_superuser", "groups"]
        widgets: ClassVar[dict[str, Any]] = {"groups": forms.CheckboxSelectMultiple}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "groups" in self.fields:
            self.fields["groups"].label = "Rôles dans l'administration"
            # What the roles do is told above: Django's page gives no place to the help of a group of boxes.
            self.fields["groups"].help_text = ""

    def clean(self) -> dict[str, Any]:
        """Check that an administrator has access to the admin site, and that users keep their own rights.

        Only another administrator can remove one's rights.
        """
        propre = super().clean()
        if self.instance.pk == self.par.pk:
            for champ in ("is_active", "is_staff", "is_superuser"):
                if champ in propre and not propre[champ] and getattr(self.par, champ):
                    self.add_error(
                        champ, "C'est votre propre compte : un autre administrateur doit le faire."
                    )
        if (propre.get("is_superuser") or propre.get("groups")) and not propre.get("is_staff", True):
            self.add_error(
                "is_staff", "Un administrateur a accès à l'administration : cochez aussi cette case."
            )
        return propre


class NouvelUtilisateurForm(UserCreationForm):
    """Form of a new user, with a first password of twelve characters or more."""

    class Meta:
        model = Utilisateur
        fields = ["courriel", "prenom", "nom"]


class MotDePasseDUnAutreForm(AdminPasswordChangeForm):
    """Form of a password set by an administrator, with our own help text.

    Django's is a list inside a paragraph, in English.
    """

    usable_password_help_text = (
        "Si vous la désactivez, le mot de passe actuel est perdu : la personne ne pourra plus se connecter"
        " avant d'en avoir un nouveau."
    )


@admin.register(Utilisateur)
class UtilisateurAdmin(DonneesPersonnelles, UserAdmin):
    """Admin of users."""

    form, add_form, change_password_form = UtilisateurForm, NouvelUtilisateurForm, MotDePasseDUnAutreForm
    add_form_template = None
    list_display = ["courriel", "nom_complet", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    actions = ["envoyer_un_lien", "fermer_les_sessions", "retirer_le_second_facteur"]
    search_fields = ["courriel__trouve", "nom__trouve", "prenom__trouve"]
    ordering = (*tri_francais("courriel"), "pk")
    filter_horizontal = ()
    readonly_fields = [
        "mot_de_passe", "second_facteur", "sessions", "appartenances", "last_login", "cree_le",
        "donnees_personnelles",
    ]  # fmt: skip
    fieldsets = (
        (None, {"fields": ("courriel", "prenom", "nom", "mot_de_passe", "second_facteur", "sessions")}),
        (
            "Accès",
            {
                "fields": ("is_active", "is_staff", "is_superuser", "groups", "appartenances"),
                "description": ROLES,
            },
        ),
        ("Dates", {"fields": ("cree_le", "last_login")}),
        ("Données personnelles", {"fields": ("donnees_personnelles",)}),
    )
    add_fieldsets = ((None, {"fields": ("courriel", "prenom", "nom", "password1", "password2")}),)

    @admin.action(description="Envoyer un lien pour choisir un mot de passe", permissions=["change"])
    def envoyer_un_lien(self, request: HttpRequest, personnes: QuerySet[Utilisateur]) -> None:
        """Send the link of « Mot de passe oublié » to active users.

        Only an administrator may send it to an administrator.
        """
        permises = self._permises(request, personnes).filter(is_active=True)
        for personne in permises:
            lien = LienForm({"email": personne.courriel})
            if lien.is_valid():
                lien.save(request=request, use_https=request.is_secure())
        if permises:
            self.message_user(
                request,
                f"Un lien, valable 24 heures, part vers {enumerer([p.courriel for p in permises])}.",
                messages.SUCCESS,
            )
        if ecartes := personnes.exclude(pk__in=permises.values("pk")):
            qui = enumerer([p.courriel for p in ecartes])
            self.message_user(
                request,
                f"Aucun lien ne part vers {qui} : ces comptes sont désactivés, ou ne sont pas à vous.",
                messages.WARNING,
            )

    @admin.action(description="Fermer les sessions : déconnecter partout", permissions=["change"])
    def fermer_les_sessions(self, request: HttpRequest, personnes: QuerySet[Utilisateur]) -> None:
        """Sign these users out everywhere, at once."""
        permises = list(self._permises(request, personnes))
        fermees = sum(appareils.fermer_tout(personne) for personne in permises)
        self.message_user(
            request, f"{pluriel(fermees, 'session fermée,sessions fermées')}.", messages.SUCCESS
        )
        self._ecarter(request, personnes, permises)

    @admin.action(description="Retirer le second facteur", permissions=["change"])
    def retirer_le_second_facteur(self, request: HttpRequest, personnes: QuerySet[Utilisateur]) -> Any:
        """Take away the second factor of users who have lost it; they are told by e-mail."""
        if not est_recent(request):
            return demander(request)
        permises = list(self._permises(request, personnes))
        retires = sum(second_facteur.retirer(personne, par=request.user) for personne in permises)
        self.message_user(
            request,
            f"{pluriel(retires, 'second facteur retiré,seconds facteurs retirés')}.",
            messages.SUCCESS,
        )
        return self._ecarter(request, personnes, permises)

    def _permises(self, request: HttpRequest, personnes: QuerySet[Utilisateur]) -> QuerySet[Utilisateur]:
        return personnes if request.user.is_superuser else personnes.filter(is_staff=False)

    def _ecarter(self, request: HttpRequest, personnes: Any, permises: list[Utilisateur]) -> None:
        if ecartes := [personne.courriel for personne in personnes if personne not in permises]:
            self.message_user(
                request, f"Seul un administrateur peut le faire pour {enumerer(ecartes)}.", messages.WARNING
            )

    @admin.display(description="second facteur")
    def second_facteur(self, utilisateur: Utilisateur) -> str:
        """Return since when there is one."""
        depuis = utilisateur.second_facteur_le
        return f"Actif depuis {moment(depuis)}" if depuis else "Aucun"

    @admin.display(description="appareils connectés")
    def sessions(self, utilisateur: Utilisateur) -> str:
        """Return the open sign-ins, in words."""
        lignes = (
            (appareil.nom, appareil.adresse or "adresse inconnue")
            for appareil in appareils.ouverts(utilisateur, None)
        )
        return format_html_join(", ", "{} ({})", lignes) or "Aucun"

    @admin.display(description="mot de passe")
    def mot_de_passe(self, utilisateur: Utilisateur) -> str:
        """Return whether there is a password, with a link to set another one; never what is stored."""
        etat = (
            "Défini" if utilisateur.has_usable_password() else "Aucun : la personne ne peut pas se connecter"
        )
        adresse = reverse("admin:auth_user_password_change", args=[utilisateur.pk])
        return format_html('{}. <a href="{}">Choisir un nouveau mot de passe</a>', etat, adresse)

    @admin.display(description="organismes")
    def appartenances(self, utilisateur: Utilisateur) -> str:
        """Return the organismes of the user with their roles.

        The roles are changed on the page of the organisme.
        """
        membres = utilisateur.membres.select_related("organisme").order_by(
            *tri_francais("organisme__raison_sociale")
        )
        liens = (
            (
                reverse("admin:organismes_organisme_change", args=[m.organisme_id]),
                m.organisme,
                m.get_role_display(),
            )
            for m in membres
        )
        return format_html_join(", ", '<a href="{}">{}</a> ({})', liens) or "Aucun"

    def get_form(self, request: HttpRequest, obj: Utilisateur | None = None, **kwargs: Any) -> Any:
        """Return the form class, with the current user in `par`."""
        return type("Form", (super().get_form(request, obj, **kwargs),), {"par": request.user})

    def get_readonly_fields(self, request: HttpRequest, obj: Utilisateur | None = None) -> list[str]:
        """Return the read-only fields; only an administrator may grant access to the admin site."""
        return [
            *super().get_readonly_fields(request, obj),
            *([] if request.user.is_superuser else ["is_staff", "is_superuser", "groups"]),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Utilisateur | None = None) -> bool:
        """Return whether this user may be changed.

        Only an administrator may change whoever has access to the administration, or their password.
        An erased account is nobody's.
        """
        if obj and obj.efface_le:
            return False
        return super().has_change_permission(request, obj) and (
            request.user.is_superuser or not (obj and obj.is_staff)
        )

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Render and save the form, behind a password typed recently: it gives and takes away rights."""
        if request.method == "POST" and not est_recent(request):
            return demander(request)
        return super().changeform_view(request, *args, **kwargs)

    def user_change_password(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Set the password of another user, behind one's own."""
        return (
            super().user_change_password(request, *args, **kwargs)
            if est_recent(request)
            else demander(request)
        )

    def has_delete_permission(self, request: HttpRequest, obj: Utilisateur | None = None) -> bool:
        """Return False: users are disabled, not deleted."""
        return False

    def save_model(self, request: HttpRequest, obj: Utilisateur, form: Any, change: bool) -> None:
        """Save the user; disabling an account ends its sessions, tokens and invitations.

        Warn about the organismes left without an active gestionnaire.
        """
        super().save_model(request, obj, form, change)
        if change and "is_active" in form.changed_data and not obj.is_active:
            jetons, invitations = equipe.jetons_de(obj.pk).count(), equipe.invitations_de(obj.pk).count()
            equipe.fermer_le_compte(obj, par=request.user)
            perdus = [
                pluriel(jetons, "jeton d'API révoqué,jetons d'API révoqués"),
                pluriel(invitations, "invitation annulée,invitations annulées"),
            ]
            self.message_user(
                request, f"{obj} est déconnecté partout : {enumerer(perdus)}.", messages.SUCCESS
            )
            gerees = Membre.objects.filter(utilisateur=obj, role=Role.GESTIONNAIRE).select_related(
                "organisme"
            )
            autres = Membre.objects.filter(organisme__in=gerees.values("organisme")).gestionnaires()
            for membre in gerees.exclude(organisme__in=autres.values("organisme")):
                self.message_user(
                    request,
                    f"« {membre.organisme} » n'a plus de gestionnaire qui puisse se connecter.",
                    messages.WARNING,
                )
