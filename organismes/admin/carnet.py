"""Contacts and addresses in Django admin, to look at: they belong to their organisme, whose screens change
them.
"""

from typing import Any

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from edof.administration import LectureSeule
from organismes.admin.historique import Suivie
from organismes.admin.recherche import OrganismeFilter, par_debut
from organismes.models import Adresse, Contact


class EntreeAdmin(LectureSeule, Suivie):
    """An entry of the address book of an organisme."""

    list_filter = [OrganismeFilter]
    list_select_related = ["organisme"]
    search_fields = ["identifiant_normalise"]
    search_help_text = "Début de l'identifiant ou du titre, ou SIRET de l'organisme."

    def get_search_results(
        self, request: HttpRequest, queryset: Any, search_term: str
    ) -> tuple[models.QuerySet, bool]:
        """What an index serves."""
        return queryset.filter(par_debut(search_term, champ=self.model.CHAMP_IDENTIFIANT)), False


@admin.register(Contact)
class ContactAdmin(EntreeAdmin):
    """A person or a service to reach."""

    list_display = ["__str__", "organisme", "courriel", "telephone_fixe"]


@admin.register(Adresse)
class AdresseAdmin(EntreeAdmin):
    """A place."""

    list_display = ["titre", "organisme", "code_postal", "ville"]
