"""« Messages »: what the program has said since the person signed in."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from edof.messages import lire
from organismes.espace import Requete


@require_GET
def lus(request: Requete) -> HttpResponse:
    """A page; where there is JavaScript its list opens over the page one is on (static/js/messages.js)."""
    suite = request.htmx.current_url_abs_path or request.get_full_path()
    return render(request, "organismes/messages.html", {"lignes": lire(request), "suite": suite})
