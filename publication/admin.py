"""The records in Django admin, to look at: what changes them goes through the screens and the one door."""

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from catalogue.models import Action, Offre
from organismes.models import Organisme, Qualiopi
from publication.models import Parution, Passage
from sessions_app.models import Session


class LectureSeule(admin.ModelAdmin):
    """Nothing can be added, changed or deleted here."""

    show_full_result_count = False
    list_per_page = 50

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Never."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Never."""
        return False


@admin.register(Offre, Action, Session)
class FicheAdmin(LectureSeule):
    """A record of any level."""

    list_display = ["identifiant", "organisme", "statut", "modifie_le"]
    list_filter = ["statut"]
    list_select_related = ["organisme"]
    search_fields = ["identifiant"]


@admin.register(Passage)
class PassageAdmin(LectureSeule):
    """The register of the nightly publications."""

    list_display = ["jour", "termine_le", "par", "parues", "modifiees", "retirees"]


@admin.register(Parution)
class ParutionAdmin(LectureSeule):
    """What was public, and when."""

    list_display = ["__str__", "organisme", "du", "au"]
    list_select_related = ["organisme"]


class QualiopiEnLigne(admin.TabularInline):
    """The certificates of an organisme; one ends at a date, and is not deleted: what it allowed to publish stays explained (D-22)."""

    model = Qualiopi
    extra = 0
    can_delete = False


@admin.register(Organisme)
class OrganismeAdmin(admin.ModelAdmin):
    """An organisme, its suspension and its certificates."""

    list_display = ["raison_sociale", "siret", "suspendu"]
    list_filter = ["suspendu"]
    search_fields = ["raison_sociale", "siret"]
    inlines = [QualiopiEnLigne]
