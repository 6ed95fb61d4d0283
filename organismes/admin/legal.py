"""The fields of the legal pages in Django admin: one record, never deleted, with its history."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from organismes.admin.historique import Suivie
from organismes.models import InformationsLegales


@admin.register(InformationsLegales)
class InformationsLegalesAdmin(Suivie):
    """Admin of what the operator says of the site."""

    list_display = ["__str__", "editeur", "conformite", "modifie_le"]
    fieldsets = (
        (
            "Mentions légales",
            {
                "fields": (
                    "editeur", "editeur_adresse", "editeur_numero", "editeur_telephone", "editeur_courriel",
                    "directeur", "hebergeur", "hebergeur_adresse", "hebergeur_telephone",
                ),
                "description": "Ce qui reste vide est dit « non renseigné » sur la page.",
            },
        ),
        ("Données personnelles", {"fields": ("responsable", "delegue")}),
        (
            "Accessibilité",
            {
                "fields": (
                    "conformite", "taux", "evaluee_le", "evaluee_par", "defauts", "accessibilite_contact",
                ),
                "description": "Sans audit, laissez l'état vide : la page dit que rien n'a été évalué.",
            },
        ),
    )  # fmt: skip

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the only record is made by the migrations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: fields are emptied instead."""
        return False
