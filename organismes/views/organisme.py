"""View of the switch in the header that selects the current organisme."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_POST

from organismes.espace import Requete, travailler_pour


@require_POST
def choisir(request: Requete) -> HttpResponse:
    """Switch to another organisme of the user, and redirect to `suite`.

    Nothing changes for an organisme that the user is not a member of.
    """
    membre = next((m for m in request.membres if str(m.organisme_id) == request.POST.get("organisme")), None)
    if membre is None:
        messages.error(request, "Vous n'êtes pas, ou plus, membre de cet organisme.")
        return redirect("accueil")
    if membre != request.membre:
        travailler_pour(request, membre)
        messages.success(request, f"Vous travaillez maintenant pour « {membre.organisme} ».")
    suite = request.POST.get("suite", "")
    ici = suite.startswith("/") and url_has_allowed_host_and_scheme(suite, allowed_hosts=None)
    return redirect(suite if ici else "accueil")
