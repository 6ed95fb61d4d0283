"""The webhooks in Django admin: read-only, without the secrets; a subscription can be disabled."""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from crochets import gestes
from crochets.models import Abonnement, Livraison
from edof.administration import LectureSeule
from edof.templatetags.affichage import pluriel
from organismes.admin.filtre_par_organisme import OrganismeFilter


@admin.register(Abonnement)
class AbonnementAdmin(LectureSeule):
    """Admin of the subscriptions: who is told of what, whether it works."""

    list_display = ("nom", "organisme", "url", "actif", "arret", "dernier_succes_le")
    list_select_related = ("organisme",)
    list_filter = ("actif", "arret", OrganismeFilter)
    search_fields = ("=organisme__siret",)
    search_help_text = "SIRET entier."
    fields = (
        "nom", "organisme", "url", "evenements", "actif", "arret", "arrete_le", "cree_le", "cree_par",
        "dernier_essai_le", "dernier_succes_le", "pause_jusqu_a",
    )  # fmt: skip
    readonly_fields = fields
    actions = ("desactiver",)

    @admin.action(description="Désactiver : ne plus rien envoyer à ces adresses")
    def desactiver(self, request: HttpRequest, queryset: QuerySet[Abonnement]) -> None:
        """Disable the subscriptions, as the page of the organisme does."""
        faits = sum(gestes.arreter(abonnement, par=request.user) for abonnement in queryset)  # type: ignore[arg-type]
        messages.success(request, f"{pluriel(faits, 'webhook désactivé,webhooks désactivés')}.")


@admin.register(Livraison)
class LivraisonAdmin(LectureSeule):
    """Admin of the deliveries: what waits, what failed."""

    search_fields = ["=evenement__identifiant"]
    search_help_text = "Identifiant entier de l'événement."
    list_display = ("pk", "abonnement", "etat", "essais", "cree_le", "prochain_essai_le", "livree_le")
    list_select_related = ("abonnement",)
    list_filter = ("etat",)
    fields = (
        "abonnement", "evenement", "etat", "essais", "cree_le", "prochain_essai_le", "livree_le",
        "tentatives",
    )  # fmt: skip
    readonly_fields = fields
