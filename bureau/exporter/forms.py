"""The choice of what goes in EDOF's XML."""

from typing import Any

from django import forms
from django.http import QueryDict

from catalogue.cycle_de_vie import Statut
from catalogue.models import Offre
from echanges.exportables import STATUTS, Choix
from organismes.models import Organisme

# Offres that the page proposes one by one; the others go with the whole catalogue.
OFFRES_AU_PLUS = 200
TOUTES, ACTIVES = "", "actives"


class ChoixForm(forms.Form):
    """What goes: every offre or some of them, validées and actives or actives only."""

    statuts = forms.ChoiceField(
        label="Fiches à exporter",
        required=False,
        choices=[(TOUTES, "Validées et actives"), (ACTIVES, "Actives seulement")],
        widget=forms.RadioSelect,
    )
    offre = forms.ModelMultipleChoiceField(
        label="Offres",
        required=False,
        queryset=Offre.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "invalid_choice": "Cette offre n'est plus dans votre catalogue : choisissez-en une autre.",
            "invalid_pk_value": "Cette offre n'est pas dans votre catalogue : choisissez-en une autre.",
        },
    )

    def __init__(self, parametres: QueryDict, organisme: Organisme) -> None:
        super().__init__(parametres)
        offres: Any = Offre.objects.pour_organisme(organisme).exclude(statut=Statut.ARCHIVEE)
        champ: Any = self.fields["offre"]
        champ.queryset = offres
        proposees = offres.order_by("identifiant_normalise")[:OFFRES_AU_PLUS]
        champ.choices = [(offre.pk, f"{offre.identifiant} - {offre.intitule}") for offre in proposees]

    @property
    def limite(self) -> bool:
        """Return whether more offres exist than the page proposes."""
        return len(self.fields["offre"].choices) == OFFRES_AU_PLUS  # type: ignore[attr-defined]

    @property
    def offres_cochees(self) -> int:
        """Return how many offres are ticked."""
        return len(self.cleaned_data.get("offre", ())) if self.is_valid() else 0

    def choix(self) -> Choix:
        """Return the choice; call it once the form is valid."""
        statuts = ("active",) if self.cleaned_data["statuts"] == ACTIVES else STATUTS
        return Choix(frozenset(offre.pk for offre in self.cleaned_data["offre"]), statuts)
