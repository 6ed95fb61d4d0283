"""The queue of e-mails in Django admin, without their text: it may contain a link."""

from django.contrib import admin

from edof.administration import LectureSeule
from organismes.models import Courriel


@admin.register(Courriel)
class CourrielAdmin(LectureSeule):
    """Admin of the e-mails that are pending or abandoned, with the last failure."""

    list_display = ("objet", "a", "cree_le", "essais", "prochain_essai_le", "echec")
    exclude = ("corps", "entetes")
    search_fields = ("a", "objet")
