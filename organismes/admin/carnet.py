"""Contacts and addresses in Django admin, read-only: they are changed on the screens of their organisme."""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from edof.administration import LectureSeule
from organismes.admin.filtre_par_organisme import OrganismeFilter, commencent_par
from organismes.admin.historique import Suivie
from organismes.models import Adresse, Contact


class EntreeAdmin(LectureSeule, Suivie):
    """Base admin of the entries of an address book."""

    list_filter = [OrganismeFilter]
    list_select_related = ["organisme"]
    search_fields = ["identifiant_normalise"]
    search_help_text = "Début de l'identifiant ou du titre, ou SIRET de l'organisme."

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """Search with conditions that an index can serve."""
        return commencent_par(queryset, search_term, self.model.CHAMP_IDENTIFIANT), False


@admin.register(Contact)
class ContactAdmin(EntreeAdmin):
    """Admin of contacts."""

    list_display = ["__str__", "organisme", "courriel", "telephone_fixe"]


@admin.register(Adresse)
class AdresseAdmin(EntreeAdmin):
    """Admin of addresses."""

    list_display = ["titre", "organisme", "code_postal", "ville"]
