"""View of « Messages »: the messages shown since the user signed in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from edof.messages import lire
from organismes.espace import Requete


@require_GET
def lus(request: Requete) -> HttpResponse:
    """Render the page of messages; with JavaScript, a panel over the current page (static/js/messages.js)."""
    suite = request.htmx.current_url_abs_path or request.get_full_path()
    return render(request, "organismes/messages.html", {"lignes": lire(request), "suite": suite})
