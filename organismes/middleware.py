"""Which organisme this request is for."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.http import HttpRequest, HttpResponse

from organismes.views.connexion import reconnexion

CLE = "organisme"


class ConnexionMiddleware(LoginRequiredMiddleware):
    """Whoever is not signed in is asked to; what a form was sending is not lost for that."""

    def handle_no_permission(self, request: HttpRequest, view_func: Callable[..., Any]) -> HttpResponse:
        """A page to sign in; for a form sent after the session expired, with what it held.

        What htmx sends for a form is answered 401: the form stays, and its own sending will lead to the page.
        """
        if request.htmx and request.method == "POST":
            return HttpResponse(status=401)
        if request.method == "POST" and request.POST.keys() - {"csrfmiddlewaretoken"}:
            return reconnexion(request)
        return super().handle_no_permission(request, view_func)


class EspaceMiddleware:
    """Sets `request.membre` and `request.organisme` (None for a visitor, or a person without organisme)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.membre = self._membre(request) if request.user.is_authenticated else None
        request.organisme = request.membre.organisme if request.membre else None
        reponse = self.get_response(request)
        if request.user.is_authenticated:
            reponse.headers.setdefault("Cache-Control", "no-store")
        return reponse

    def _membre(self, request: HttpRequest) -> object:
        """The chosen organisme of the session when the person still belongs to it, else the first one."""
        membres = {membre.organisme_id: membre for membre in request.user.membres.select_related("organisme").order_by("pk")}
        return membres.get(request.session.get(CLE)) or next(iter(membres.values()), None)
