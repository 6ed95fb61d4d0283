"""Invitations and API tokens in Django admin: read-only, but tokens can be revoked.

They are created on the pages of each organisme.
"""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from edof.administration import LectureSeule
from edof.templatetags.affichage import pluriel
from organismes.models import Invitation, Jeton, Visite


@admin.register(Invitation)
class InvitationAdmin(LectureSeule):
    """Admin of pending invitations; the link itself is not stored."""

    list_display = ["courriel", "organisme", "role", "faite_le", "expire_le", "echec"]
    list_select_related = ["organisme"]
    search_fields = ["^courriel"]
    fields = ["courriel", "organisme", "role", "par", "faite_le", "expire_le", "envoyee_le", "echec"]
    readonly_fields = fields


@admin.register(Visite)
class VisiteAdmin(LectureSeule):
    """Admin of the visits of organismes: who read what, and why."""

    list_display = ["debut", "organisme", "utilisateur", "motif", "fin"]
    list_select_related = ["organisme", "utilisateur"]
    search_fields = ["=utilisateur__courriel"]
    fields = ["organisme", "utilisateur", "motif", "debut", "fin"]
    readonly_fields = fields


@admin.register(Jeton)
class JetonAdmin(LectureSeule):
    """Admin of API tokens; the secrets are not stored."""

    list_display = ["nom", "organisme", "role", "prefixe", "dernier_usage_le", "en_service"]
    list_select_related = ["organisme"]
    list_filter = ["role"]
    search_fields = ["^nom", "^prefixe"]
    fields = [
        "nom",
        "organisme",
        "role",
        "prefixe",
        "cree_par",
        "cree_le",
        "expire_le",
        "dernier_usage_le",
        "revoque_par",
        "revoque_le",
    ]
    readonly_fields = fields
    actions = ["revoquer"]

    @admin.display(description="en service", boolean=True)
    def en_service(self, jeton: Jeton) -> bool:
        """Return whether the token gives access to the API now."""
        return jeton.is_active

    def has_revoquer_permission(self, request: HttpRequest) -> bool:
        """Return whether the user may revoke tokens."""
        return request.user.has_perm("organismes.change_jeton")

    @admin.action(description="Révoquer : fermer l'API à ces jetons", permissions=["revoquer"])
    def revoquer(self, request: HttpRequest, queryset: QuerySet[Jeton]) -> None:
        """Revoke the tokens permanently, as the page of the organisme does."""
        fermes = sum(jeton.revoquer(request.user) for jeton in queryset)
        messages.success(request, f"{pluriel(fermes, 'jeton révoqué,jetons révoqués')}.")
