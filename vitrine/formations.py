"""The public list of the formations: it shows only what a titulaire could find."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from edof.textes import texte_cherche
from publication.en_ligne import chercher, par_action, resumer
from publication.visibilite import publiques
from vitrine.cache import pour_tous
from vitrine.lecteurs import page_comptee

ACTIONS_PAR_PAGE = 20
# Requests from one network address, with or without search words: each one reads the whole catalogue.
LISTES_PAR_MINUTE = 120


@login_not_required
@require_GET
@pour_tous
def formations(request: HttpRequest) -> HttpResponse:
    """Render the list of the actions visible today, filtered by the search `?q=…`.

    Return a 429 above LISTES_PAR_MINUTE requests per minute from one network address.
    """
    q = texte_cherche(request.GET.get("q", ""))
    if trop_souvent(request, "formations", LISTES_PAR_MINUTE):
        return trop_de_demandes(request)
    page = Paginator(par_action(chercher(publiques(), q)), ACTIONS_PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = resumer(page.object_list)
    montrees = [formation["pk"] for formation in page.object_list]
    return page_comptee(request, "vitrine/formations.html", {"q": q, "page": page}, montrees=montrees)
