"""View of « Pourquoi pas visible ? », for a session, an action or an offre.

It shows each condition, who can act, and what repairs it.
"""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from bureau.acces import fiche_ou_404, retour_au_catalogue
from bureau.menu import url_de
from bureau.publication.visibilite import visibilite_de
from organismes.droits import Operation
from organismes.espace import Requete
from sessions_app.plans import plans_de


@require_GET
def pourquoi(request: Requete, niveau: str, pk: int) -> HttpResponse:
    """Render the visibility diagnosis of one record of the organisme."""
    fiche = fiche_ou_404(request, niveau, pk)
    contexte = {
        "fiche": fiche,
        "niveau": niveau,
        "plans": plans_de([fiche.pk])[fiche.pk] if niveau == "session" else (),
        "visibilite": visibilite_de(fiche, request.membre),
        "consulter": url_de(fiche, Operation.CONSULTER),
        "retour": retour_au_catalogue(request, fiche),
    }
    return render(request, "bureau/publication/pourquoi.html", contexte)
