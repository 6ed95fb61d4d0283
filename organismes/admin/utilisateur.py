"""Users in Django admin: created, disabled, given a new password.

They are never deleted, because the history refers to them.
"""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.forms import AdminPasswordChangeForm, UserCreationForm
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from edof.administration import Liste
from edof.pliage import tri_francais
from edof.templatetags.affichage import enumerer, pluriel
from organismes import equipe
from organismes.droits import Role
from organismes.forms_personnes import LienForm
from organismes.models import Membre, Utilisateur

admin.site.unregister(Group)


class UtilisateurForm(forms.ModelForm):
    """Form of the editable fields of a user; the password has a page of its own."""

    # The current user: they cannot lock themselves out.
    par: Utilisateur

    class Meta:
        model = Utilisateur
        fields = ["courriel", "prenom", "nom", "is_active", "is_staff", "is_superuser"]

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
        if propre.get("is_superuser") and not propre.get("is_staff"):
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
class UtilisateurAdmin(Liste, UserAdmin):
    """Admin of users."""

    form, add_form, change_password_form = UtilisateurForm, NouvelUtilisateurForm, MotDePasseDUnAutreForm
    add_form_template = None
    list_display = ["courriel", "nom_complet", "is_active", "is_superuser", "last_login"]
    list_filter = ["is_active", "is_superuser"]
    actions = ["envoyer_un_lien"]
    search_fields = ["courriel__trouve", "nom__trouve", "prenom__trouve"]
    ordering = (*tri_francais("courriel"), "pk")
    filter_horizontal = ()
    readonly_fields = ["mot_de_passe", "appartenances", "last_login", "cree_le"]
    fieldsets = (
        (None, {"fields": ("courriel", "prenom", "nom", "mot_de_passe")}),
        ("Accès", {"fields": ("is_active", "is_staff", "is_superuser", "appartenances")}),
        ("Dates", {"fields": ("cree_le", "last_login")}),
    )
    add_fieldsets = ((None, {"fields": ("courriel", "prenom", "nom", "password1", "password2")}),)

    @admin.action(description="Envoyer un lien pour choisir un mot de passe", permissions=["change"])
    def envoyer_un_lien(self, request: HttpRequest, personnes: QuerySet[Utilisateur]) -> None:
        """Send the link of « Mot de passe oublié » to active users.

        Only an administrator may send it to an administrator.
        """
        permises = (
            personnes.filter(is_active=True)
            if request.user.is_superuser
            else personnes.filter(is_active=True, is_superuser=False)
        )
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
            *([] if request.user.is_superuser else ["is_staff", "is_superuser"]),
        ]

    def has_change_permission(self, request: HttpRequest, obj: Utilisateur | None = None) -> bool:
        """Return whether this user may be changed.

        Only an administrator may change an administrator, or their password.
        """
        return super().has_change_permission(request, obj) and (
            request.user.is_superuser or not (obj and obj.is_superuser)
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
