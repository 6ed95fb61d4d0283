"""View that ends « Voir comme »."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from organismes import visites
from organismes.espace import Requete


@require_POST
def quitter(request: Requete) -> HttpResponse:
    """End the visit, and go back to the organisme in the administration."""
    visite = visites.terminer(request)
    if visite is None:
        messages.info(request, "La visite était déjà finie.")
        return redirect("accueil")
    messages.success(request, f"Vous ne voyez plus l'espace de « {visite.organisme} ».")
    return redirect("admin:organismes_organisme_change", visite.organisme_id)
