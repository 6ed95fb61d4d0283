"""« Consulter » an offre or an action."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalogue.arbre import operations, preparer_action
from catalogue.views.acces import fiche_ou_404


@require_GET
def offre_consulter(request: HttpRequest, pk: int) -> HttpResponse:
    """« Consulter » an offre, read only."""
    offre = fiche_ou_404(request, "offre", pk)
    contexte = {"offre": offre, "operations": operations(offre, request.membre), "etat_url": request.path}
    return render(request, "catalogue/offre.html", contexte)


@require_GET
def action_consulter(request: HttpRequest, pk: int) -> HttpResponse:
    """« Consulter » an action, read only."""
    action = fiche_ou_404(request, "action", pk)
    preparer_action(action, request.membre)
    contexte = {"action": action, "operations": action.operations, "etat_url": request.path}
    return render(request, "catalogue/action.html", contexte)
