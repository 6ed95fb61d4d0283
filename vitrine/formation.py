"""The public page of one action: what was published, what it was called once withdrawn."""

from urllib.parse import unquote

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from publication.adresses import action_a, actions_passees_a, adresse, url_absolue
from publication.en_ligne import ailleurs, de_la_formation, derniere_parution, retiree
from publication.models import Parution
from publication.presentation import presenter
from publication.visibilite import publiques
from vitrine.cache import pour_tous
from vitrine.decrire import course, description, titre
from vitrine.lecteurs import page_comptee
from vitrine.semblables import semblables


@login_not_required
@require_GET
@pour_tous
def formation(request: HttpRequest, offre: str, action: str) -> HttpResponse:
    """Render one action and its sessions, as they were published.

    An address that the action had before, or written otherwise, redirects to the present one. Return a 410
    for an action that was public and no longer is. Raise Http404 for one that never was.
    """
    presente = action_a(offre, action)
    parutions = de_la_formation(publiques().filter(action=presente)) if presente else []
    if not parutions:
        passees = actions_passees_a(offre, action)
        parutions = de_la_formation(publiques().filter(action__in=passees[:1]))
        if not parutions:
            return _retiree(request, derniere_parution(passees))
    premiere = parutions[0]
    canonique = adresse_de(premiere)
    # Compared once decoded: the same signs may be percent-encoded or not.
    if unquote(canonique) != request.path:
        return redirect(canonique, permanent=True)
    contenus = premiere.contenu_offre.contenu, premiere.contenu_action.contenu
    sessions = [parution.contenu_complet for parution in parutions]
    fiche = presenter(*contenus, sessions)
    url = url_absolue(canonique)
    contexte = {
        "pk": premiere.action_id,
        "fiche": fiche,
        "titre": titre(fiche),
        "description": description(fiche),
        "url": url,
        "agenda_public": reverse("agenda_formation", args=[premiere.action_id]),
        "course": course(*contenus, sessions, url),
        "ailleurs": ailleurs(premiere.offre_id, sauf=premiere.action_id),
    }
    return page_comptee(request, "vitrine/formation.html", contexte, ouverte=premiere.action_id)


@login_not_required
@require_GET
@pour_tous
def par_numero(request: HttpRequest, pk: int) -> HttpResponse:
    """Redirect the address that an action had before its permanent one; Http404 if it never was public."""
    derniere = derniere_parution([pk])
    if derniere is None:
        raise Http404
    return redirect(adresse_de(derniere), permanent=True)


def adresse_de(parution: Parution) -> str:
    """Return the permanent address of the action of this parution, whose contents are loaded."""
    return adresse(parution.contenu_offre.contenu, parution.contenu_action.contenu)


def _retiree(request: HttpRequest, derniere: Parution | None) -> HttpResponse:
    """Return the 410 page « Cette formation n'est plus proposée »; raise Http404 if it never was public.

    The formation may be public again tomorrow, so the response must not be cached.
    """
    if derniere is None:
        raise Http404
    contexte = {
        "ancienne": retiree(derniere),
        "semblables": semblables(derniere.contenu_offre.contenu, derniere.contenu_action.contenu),
    }
    reponse = render(request, "vitrine/formation_retiree.html", contexte, status=410)
    reponse.headers["Cache-Control"] = "no-store"
    return reponse
