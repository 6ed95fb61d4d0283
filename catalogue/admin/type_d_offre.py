"""The types of offre in Django admin.

A type in this list is closed; removing it from the list opens it again.
"""

from django.contrib import admin

from catalogue.models import TypeFerme
from edof.administration import Liste


@admin.register(TypeFerme)
class TypeFermeAdmin(Liste):
    """Admin of the types that can no longer be chosen."""

    list_display = ["type_offre", "motif"]
    list_filter = ["type_offre"]
    search_fields = ["motif__contient"]
