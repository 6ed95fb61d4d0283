"""The types of offre in Django admin: one that is in this list is switched off; take it away to switch it on
again.
"""

from django.contrib import admin

from catalogue.models import TypeFerme
from edof.administration import Liste


@admin.register(TypeFerme)
class TypeFermeAdmin(Liste):
    """A type that can no longer be chosen."""

    list_display = ["type_offre", "motif"]
    list_filter = ["type_offre"]
    search_fields = ["motif__trouve"]
