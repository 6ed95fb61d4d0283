"""The page that a shared link opens: an action as the public will read it, for who has the link."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from catalogue.models import Action
from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from publication.apercu import apercu_du
from publication.partages import Partage

APERCUS_PAR_MINUTE = 120
# Never kept, never indexed, and the address, which is a secret, is told to no other site.
ENTETES = {
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
    "Referrer-Policy": "no-referrer",
}


@login_not_required
@require_GET
def apercu(request: HttpRequest, jeton: str) -> HttpResponse:
    """Render the preview; a 404 page that says what to do when the link opens nothing any more."""
    if trop_souvent(request, "apercus", APERCUS_PAR_MINUTE):
        return trop_de_demandes(request)
    partage = Partage.objects.de_secret(jeton)
    actions = Action.objects.select_related("offre", "organisme")
    action = actions.filter(pk=partage.action_id, organisme=partage.organisme_id).first() if partage else None
    if partage is None or action is None:
        reponse = render(request, "vitrine/apercu_perime.html", status=404)
    else:
        fiche = apercu_du(action, partage.jour_lu, avec_validees=partage.avec_validees)
        reponse = render(request, "vitrine/apercu.html", {"fiche": fiche, "partage": partage})
    for nom, valeur in ENTETES.items():
        reponse.headers[nom] = valeur
    return reponse
