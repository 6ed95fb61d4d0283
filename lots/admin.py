"""The operations on many records in Django admin, to read."""

from django.contrib import admin

from edof.administration import LectureSeule
from lots.models import Lot
from organismes.admin.filtre_par_organisme import OrganismeFilter


@admin.register(Lot)
class LotAdmin(LectureSeule):
    """Admin of the operations on many records: who asked for what, how far it is."""

    list_display = ["operation", "niveau", "nombre", "etat", "organisme", "par", "cree_le"]
    list_select_related = ["organisme", "par"]
    list_filter = ["etat", OrganismeFilter]
    search_fields = ["=organisme__siret"]
    search_help_text = "SIRET entier."
    exclude = ["retour", "choix"]
