"""A page that reads nothing: 50 cards drawn by a template, behind the same middleware and the same header.

This module is the URL configuration of the measurement: the addresses of the program, this page, and a view
that answers one line.
"""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from edof.urls import handler400, handler403, handler404, handler500  # noqa: F401
from edof.urls import urlpatterns as adresses

ADRESSE, RIEN = "/temoin/", "/rien/"
_GABARIT = engines["django"].from_string(
    """{% extends "base.html" %}{% block contenu %}<h1>Témoin</h1>
{% for fiche in fiches %}<article class="carte" id="{{ fiche.cle }}"><div class="carte-corps">
<h2>{{ fiche.titre }}</h2>{% include "components/badge_statut.html" %}
<p class="doux petit"><code>ID : {{ fiche.identifiant }}</code></p><p>{{ fiche.texte }}</p>
<a class="bouton" href="{% url 'offre_consulter' fiche.pk %}">{% icone "plus" %}Consulter</a>
</div></article>{% endfor %}{% endblock %}"""
)
_FICHES: list[dict[str, Any]] = [
    {
        "pk": rang,
        "cle": f"offre-{rang}",
        "titre": f"Offre {rang}",
        "identifiant": f"OFFRE-{rang}",
        "texte": "Un texte de deux cents signes. " * 7,
        "statut": "active",
        "get_statut_display": "Active",
    }
    for rang in range(50)
]


def temoin(request: HttpRequest) -> HttpResponse:
    """Return the page."""
    return HttpResponse(_GABARIT.render({"fiches": _FICHES}, request))


@login_not_required
def rien(request: HttpRequest) -> HttpResponse:
    """Return one line."""
    return HttpResponse("rien")


urlpatterns = [*adresses, path(ADRESSE[1:], temoin), path(RIEN[1:], rien)]
