"""« Voir le catalogue »: the tree and its branches."""

import re
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from catalogue.arbre import Arbre
from catalogue.models import Action, Offre
from edof.horloge import demain
from publication import visibilite
from sessions_app.models import Session


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """« Voir le catalogue »: the tree offre › action › session, with its search (S-08, S-108, S-109)."""
    if request.membre is None:
        return redirect("accueil")
    if branche := re.fullmatch(r"(offre|action)-([0-9]{1,17})", request.htmx.target or ""):
        return _branche(request, branche[1], int(branche[2]))
    arbre = Arbre(request.membre, request.GET)
    toutes = Session.objects.pour_organisme(request.organisme).non_archivees()
    contexte = {
        "q": arbre.q,
        "page": arbre.page(),
        "etat_url": arbre.url(),
        "totaux": {
            "offres": Offre.objects.pour_organisme(request.organisme).non_archivees().count(),
            "actions": Action.objects.pour_organisme(request.organisme).non_archivees().count(),
            "sessions": toutes.count(),
        },
        "prochaine": {
            "date": demain(),
            "nombre": visibilite.avec_visibilite(toutes).filter(est_visible=False, sera_visible=True).count(),
        },
    }
    return render(request, "catalogue/catalogue.html", contexte)


def _branche(request: HttpRequest, niveau: str, pk: int) -> HttpResponse:
    """One block only, for htmx: the state comes from the page that is on screen, so that other branches stay open."""
    arbre = Arbre(request.membre, QueryDict(urlsplit(request.htmx.current_url or "").query))
    ouvertes = arbre.offres_ouvertes if niveau == "offre" else arbre.actions_ouvertes
    ouvertes ^= {pk}
    offres = arbre.offres().filter(**{"pk" if niveau == "offre" else "actions": pk})
    offre = get_object_or_404(offres)
    if niveau == "action":
        arbre.offres_ouvertes.add(offre.pk)
    arbre.deplier([offre])
    contexte: dict[str, object] = {"etat_url": arbre.url(), "offre": offre}
    gabarit = "catalogue/_offre.html"
    if niveau == "action":
        contexte["action"] = next(action for action in offre.actions_affichees if action.pk == pk)
        gabarit = "catalogue/_action.html"
    reponse = render(request, gabarit, contexte)
    reponse["HX-Push-Url"] = arbre.url()
    return reponse
