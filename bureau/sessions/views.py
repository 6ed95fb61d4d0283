"""View of « Sessions »."""

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET

from bureau.lots.barre import barre
from bureau.sessions.liste import Liste
from organismes.espace import Requete


@require_GET
def sessions(request: Requete) -> HttpResponse:
    """Render the sessions of the organisme as a table, filtered like the catalogue (S-108, S-109)."""
    if request.membre is None:
        return redirect("accueil")
    liste = Liste(request.membre, request.GET)
    if "" in request.GET.values() and not liste.filtres.form.errors:
        # A form sends its empty fields too: redirect, so that the URL to share holds only what is requested.
        return redirect(liste.url())
    page = liste.page()
    contexte = {
        "liste": liste,
        "filtres": liste.filtres,
        "page": page,
        "barre": barre(
            request.membre,
            ("session",),
            page.paginator.count,
            noms="session cochée,sessions cochées",
            filtre=request.GET.urlencode(),
        ),
    }
    return render(request, "bureau/sessions/liste.html", contexte)
