"""Synonyms in Django admin."""

from django.contrib import admin

from organismes.admin.historique import Suivie
from recherche.models import Synonyme


@admin.register(Synonyme)
class SynonymeAdmin(Suivie):
    """Admin of the synonyms, which count within a minute."""

    list_display = ["expressions", "modifie_le"]
    search_fields = ["expressions"]
    fields = ["expressions"]
