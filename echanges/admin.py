"""The imports in Django admin, to read."""

from django.contrib import admin

from echanges.models import Import
from edof.administration import LectureSeule
from organismes.admin.filtre_par_organisme import OrganismeFilter


@admin.register(Import)
class ImportAdmin(LectureSeule):
    """Admin of the imports: who gave which file, how far it is."""

    list_display = ["nom", "nombre", "etat", "organisme", "par", "cree_le"]
    list_select_related = ["organisme", "par"]
    list_filter = ["etat", OrganismeFilter]
    search_fields = ["=organisme__siret"]
    search_help_text = "SIRET entier."
    exclude = ["lecture", "choix"]
