"""The public side: what a titulaire could find, and nothing else."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.db import DatabaseError, connection
from django.db.models import Count, F, Min, Q
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from edof.horloge import aujourd_hui
from publication.models import Contenu
from publication.presentation import presenter, ville
from publication.visibilite import publiques

ACTIONS_PAR_PAGE = 20


@login_not_required
@require_GET
def formations(request: HttpRequest) -> HttpResponse:
    """The list of the actions that are visible today."""
    q = request.GET.get("q", "").replace("\x00", "").strip()[:200]
    parutions = publiques()
    for mot in q.split():
        parutions = parutions.filter(
            Q(contenu_offre__contenu__intitule__icontains=mot)
            | Q(contenu_offre__contenu__certification__intitule__icontains=mot)
            | Q(contenu_offre__contenu__organisme__raison_sociale__icontains=mot)
            | Q(contenu_action__contenu__lieu__ville__icontains=mot)
        )
    actions = (
        parutions.values("action_id", "contenu_action_id", "contenu_offre_id")
        .annotate(nombre_de_sessions=Count("pk"), prochaine=Min("date_debut"))
        .order_by(F("prochaine").asc(nulls_last=True), "action_id")
    )
    page = Paginator(actions, ACTIONS_PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    contenus = Contenu.objects.in_bulk({ligne[cle] for ligne in page.object_list for cle in ("contenu_action_id", "contenu_offre_id")})
    page.object_list = [
        {
            "url": reverse("formation", args=[ligne["action_id"]]),
            **_resume(contenus[ligne["contenu_offre_id"]].contenu, contenus[ligne["contenu_action_id"]].contenu),
            "prochaine": ligne["prochaine"],
            "nombre_de_sessions": ligne["nombre_de_sessions"],
        }
        for ligne in page.object_list
    ]
    return render(request, "publication/formations.html", {"q": q, "page": page, "jour": aujourd_hui()})


def _resume(offre: dict[str, Any], action: dict[str, Any]) -> dict[str, Any]:
    return {
        "intitule": offre["intitule"],
        "certification": offre["certification"]["intitule"],
        "organisme": offre["organisme"]["raison_sociale"],
        "ville": ville(action),
        "prix": action["total_ttc"],
    }


@login_not_required
@require_GET
def formation(request: HttpRequest, pk: int) -> HttpResponse:
    """One action and its sessions, as they were published; 404 for anything that is not visible."""
    parutions = list(
        publiques().filter(action=pk).select_related("contenu_action", "contenu_offre").order_by(F("date_debut").asc(nulls_last=True), "pk")
    )
    if not parutions:
        raise Http404
    offre, action = parutions[0].contenu_offre.contenu, parutions[0].contenu_action.contenu
    fiche = presenter(offre, action, [parution.contenu for parution in parutions])
    return render(request, "publication/formation.html", {"fiche": fiche})


@login_not_required
@require_GET
def sante(request: HttpRequest) -> HttpResponse:
    """Whether the program can work: 200, or 503 when the database does not answer."""
    try:
        with connection.cursor() as curseur:
            curseur.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"etat": "panne", "base_de_donnees": "injoignable"}, status=503)
    return JsonResponse({"etat": "ok", "base_de_donnees": "ok"})
