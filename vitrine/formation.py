"""The public page of one action: what was published, what it was called once withdrawn."""

import re
from urllib.parse import unquote

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from publication.adresses import action_a, actions_passees_a, adresse, url_absolue
from publication.en_ligne import ailleurs, de_la_formation, derniere_parution, premieres, retiree
from publication.models import Parution
from publication.presentation import presenter, qualiopi
from publication.visibilite import publiques
from vitrine.cache import pour_tous
from vitrine.decrire import course, description, titre
from vitrine.lecteurs import page_comptee
from vitrine.semblables import semblables

# An action may have thousands of dates, in their order: the first page draws few, since the reader has not
# asked for them; the next ones more. Up to TOUTES, they are all there.
TOUTES, D_ABORD, PAR_PAGE = 20, 10, 50


class Dates:
    """A page of the dates of an action: its number, and those beside it.

    Raises Http404 for a page that does not exist.
    """

    def __init__(self, combien: int, demandee: str | None) -> None:
        self.combien = combien
        d_abord = D_ABORD if combien > TOUTES else combien
        self.numero = int(demandee) if demandee and re.fullmatch("[1-9][0-9]{0,5}", demandee) else 1
        self.pages = 1 - (d_abord - combien) // PAR_PAGE
        if self.numero > self.pages or (demandee is not None and str(self.numero) != demandee):
            raise Http404
        self.de = d_abord + (self.numero - 2) * PAR_PAGE if self.numero > 1 else 0
        self.a = min(self.de + PAR_PAGE, combien) if self.numero > 1 else d_abord

    @property
    def precedente(self) -> int | None:
        """Return the number of the page before, if any."""
        return self.numero - 1 or None

    @property
    def suivante(self) -> int | None:
        """Return the number of the next page, if any."""
        return self.numero + 1 if self.numero < self.pages else None


@login_not_required
@require_GET
@pour_tous
def formation(request: HttpRequest, offre: str, action: str) -> HttpResponse:
    """Render one action and its sessions, as they were published.

    An address that the action had before, or written otherwise, redirects to the present one. Return a 410
    for an action that was public and no longer is. Raise Http404 for one that never was.
    """
    presente = action_a(offre, action)
    parutions = premieres(presente, TOUTES + 1) if presente else []
    if not parutions:
        passees = actions_passees_a(offre, action)
        parutions = premieres(passees[0], TOUTES + 1) if passees else []
        if not parutions:
            return _retiree(request, derniere_parution(passees))
    premiere = parutions[0]
    canonique = adresse_de(premiere)
    # Compared once decoded: the same signs may be percent-encoded or not.
    if unquote(canonique) != request.path:
        return redirect(canonique, permanent=True)
    contenus = premiere.contenu_offre.contenu, premiere.contenu_action.contenu
    toutes = publiques().filter(action=premiere.action_id) if len(parutions) > TOUTES else None
    combien = len(parutions) if toutes is None else toutes.count()
    page = Dates(combien, request.GET.get("dates"))
    parutions = parutions[: page.a]
    if toutes is not None and page.numero > 1:
        parutions = [premiere, *de_la_formation(toutes, page.de, PAR_PAGE)]
    sessions = [parution.contenu_complet for parution in parutions]
    fiche = presenter(*contenus, sessions)
    fiche |= {"combien": combien, "page": page, "qualiopi": qualiopi(contenus[0])}
    # The next session is told at the top of every page; among the dates, on the first one.
    fiche["sessions"] = fiche["sessions"][page.numero > 1 :]
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
