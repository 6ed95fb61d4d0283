"""The « Corbeille » of every organisme in Django admin, from which deleted records are restored.

The presences of users at forms are displayed here too.
"""

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest

from catalogue import annulation
from catalogue.admin.operations import AU_PLUS, trop
from catalogue.cycle_de_vie import OperationRefusee, Origine
from catalogue.models import Presence, Suppression
from catalogue.models.corbeille import JOURS_GARDES
from edof.administration import LectureSeule
from edof.templatetags.affichage import pluriel
from organismes.admin.filtre_par_organisme import OrganismeFilter


@admin.register(Suppression)
class SuppressionAdmin(LectureSeule):
    """Admin of the deletions, with the records deleted at the same time."""

    list_display = ["identifiant", "niveau", "intitule", "organisme", "supprimee_le", "supprimee_par"]
    list_filter = [OrganismeFilter, "niveau"]
    list_select_related = ["organisme", "supprimee_par"]
    search_fields = ["identifiant__contient", "=organisme__siret"]
    search_help_text = f"Identifiant ou SIRET. Ce qui a plus de {JOURS_GARDES} jours a été effacé."
    actions = ["restaurer"]

    def get_actions(self, request: HttpRequest) -> dict[str, object]:
        """Return the actions to administrators only."""
        return super().get_actions(request) if request.user.is_superuser else {}

    @admin.action(description="Restaurer")
    def restaurer(self, request: HttpRequest, queryset: QuerySet[Suppression]) -> None:
        """Restore the deletions, as their organisme would, and report those that cannot be restored."""
        if (suppressions := list(queryset[: AU_PLUS + 1])) and trop(self, request, suppressions):
            return
        faites = 0
        for suppression in suppressions:
            try:
                annulation.annuler(
                    suppression.contexte,
                    organisme_id=suppression.organisme_id,
                    par=request.user,
                    origine=Origine.ADMIN,
                )
                faites += 1
            except OperationRefusee as refusee:
                self.message_user(request, f"« {suppression} » : {refusee}", messages.ERROR)
        if faites:
            self.message_user(
                request, f"{pluriel(faites, 'suppression annulée,suppressions annulées')}.", messages.SUCCESS
            )


@admin.register(Presence)
class PresenceAdmin(LectureSeule):
    """Admin of the presences: who had a form open, and when they were last seen there."""

    list_display = ["utilisateur", "niveau", "fiche_id", "vue_le"]
    list_filter = ["niveau"]
    list_select_related = ["utilisateur"]
    search_fields = ["^utilisateur__courriel"]
