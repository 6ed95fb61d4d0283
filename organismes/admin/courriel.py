"""The queue of e-mails in Django admin, without their text (it may contain a link), and the digests."""

from django.contrib import admin

from edof.administration import LectureSeule
from organismes.models import Bulletin, Courriel


@admin.register(Courriel)
class CourrielAdmin(LectureSeule):
    """Admin of the e-mails that are pending or abandoned, with the last failure."""

    list_display = ("objet", "a", "cree_le", "essais", "prochain_essai_le", "echec")
    exclude = ("corps", "entetes")
    search_fields = ("a", "objet")


@admin.register(Bulletin)
class BulletinAdmin(LectureSeule):
    """Admin of the digests: to whom one was sent, on which day."""

    list_display = ("utilisateur", "jour", "envoye", "cree_le")
    list_select_related = ("utilisateur",)
    list_filter = ("envoye",)
    search_fields = ("=utilisateur__courriel",)
    search_help_text = "Adresse e-mail entière."
