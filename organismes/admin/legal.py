"""The fields of the legal pages in Django admin: one record, never deleted, with its history."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest

from edof.champs import LignesField
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

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form field: a text area for what takes several lines."""
        if isinstance(db_field, LignesField):
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Return False: the only record is made by the migrations."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Return False: fields are emptied instead."""
        return False
