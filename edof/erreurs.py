"""The error pages: French, with an incident number that the log also holds."""

import logging
import secrets

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template import loader

journal = logging.getLogger(__name__)


def _page(request: HttpRequest, statut: int, explication: str = "") -> HttpResponse:
    incident = secrets.token_hex(4).upper()
    journal.warning("Incident %s : %s %s", incident, statut, request.path)
    contexte = {"incident": incident, "explication": explication}
    if statut >= 500:
        return HttpResponse(loader.get_template(f"erreurs/{statut}.html").render(contexte), status=statut)
    return render(request, f"erreurs/{statut}.html", contexte, status=statut)


def requete_invalide(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """400."""
    return _page(request, 400)


def acces_refuse(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """403: the reason is ours to say when the program raised it with a sentence."""
    return _page(request, 403, str(exception or ""))


def introuvable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """404, also for what belongs to somebody else."""
    return _page(request, 404)


def erreur_du_serveur(request: HttpRequest) -> HttpResponse:
    """500: rendered without database nor context processor."""
    return _page(request, 500)


def formulaire_perime(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The CSRF check failed: an old tab, or cookies refused."""
    return _page(request, 403, "Ce formulaire a expiré : revenez en arrière, rechargez la page et envoyez-le de nouveau.")
