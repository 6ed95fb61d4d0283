"""The e-mails that wait or were given up, in Django admin, without their text: it may hold a link."""

from django.contrib import admin

from edof.administration import LectureSeule
from organismes.models import Courriel


@admin.register(Courriel)
class CourrielAdmin(LectureSeule):
    """What waits for the mail server, and why."""

    list_display = ("objet", "a", "cree_le", "essais", "prochain_essai_le", "echec")
    exclude = ("corps",)
    search_fields = ("a", "objet")
