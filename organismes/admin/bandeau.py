"""Banners in Django admin."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from edof.champs import JourFormField
from edof.horloge import maintenant
from organismes.admin.historique import Suivie
from organismes.admin.widgets import OrganismeField
from organismes.models import Bandeau


class EtatFilter(admin.SimpleListFilter):
    """Filter by display period: current, upcoming, ended."""

    title = "affichage"
    parameter_name = "affichage"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the three choices."""
        return [("en-cours", "En cours"), ("a-venir", "À venir"), ("termine", "Terminé")]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet) -> models.QuerySet:
        """Return the banners in the chosen state."""
        instant = maintenant()
        termine = models.Q(au__lte=instant)
        etats = {
            "a-venir": models.Q(du__gt=instant),
            "termine": termine,
            "en-cours": models.Q(du__lte=instant) & ~termine,
        }
        return queryset.filter(etats.get(self.value(), models.Q()))


class BandeauForm(forms.ModelForm):
    """Form of a banner, with its organisme designated by SIRET."""

    organisme = OrganismeField(
        label="SIRET de l'organisme", required=False, help_text="Vide : pour tous les organismes."
    )


@admin.register(Bandeau)
class BandeauAdmin(Suivie):
    """Admin of banners."""

    list_display = ["message", "niveau", "destinataires", "du", "au"]
    list_filter = [EtatFilter, "niveau"]
    list_select_related = ["organisme"]
    search_fields = ["message"]
    form = BandeauForm
    fields = ["message", "niveau", "organisme", "du", "au"]

    @admin.display(description="destinataires")
    def destinataires(self, bandeau: Bandeau) -> str:
        """Return the organisme of the banner, or « Tous les organismes »."""
        return str(bandeau.organisme or "Tous les organismes")

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """Return the form field: a text area for the message, labels on the boxes of an instant."""
        if db_field.name == "message":
            kwargs["widget"] = forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"})
        champ = super().formfield_for_dbfield(db_field, request, **kwargs)
        if isinstance(champ, forms.SplitDateTimeField):
            champ.fields = (JourFormField(), champ.fields[1])
        for boite, nom in zip(getattr(champ.widget, "widgets", ()), ("jour", "heure"), strict=False):
            boite.attrs["aria-label"] = f"{str(db_field.verbose_name).capitalize()} : {nom}"
        return champ
