"""The readings of the registers of certifications in Django admin: when, from where, what changed."""

from django.contrib import admin

from catalogue.models import Releve
from edof.administration import LectureSeule


@admin.register(Releve)
class ReleveAdmin(LectureSeule):
    """Admin of the readings, read-only."""

    list_display = ("lu_le", "source", "bilan")
    search_fields = ("source",)
    fields = ("lu_le", "source", "bilan")
    readonly_fields = fields
