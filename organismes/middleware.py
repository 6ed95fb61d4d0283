"""Which organisme this request is for."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render

from edof.erreurs import acces_refuse
from edof.formulaires import champs_montrables
from organismes.espace import CHAMP, CLE, EN_TETE, AutreOrganisme, Requete, travailler_pour
from organismes.views.connexion import reconnexion, session_expiree

# What a form carries for the program, not for who reads it again.
TECHNIQUES = {"csrfmiddlewaretoken", CHAMP, "suite", "jeton", "version", "vue", "verification", "operation"}


class ConnexionMiddleware(LoginRequiredMiddleware):
    """Whoever is not signed in is asked to; what a form was sending is not lost for that."""

    def handle_no_permission(self, request: Requete, view_func: Callable[..., Any]) -> HttpResponse:
        """A page to sign in; for a form sent after the session expired, with what it held.

        What htmx sends is answered 401: the page decides (static/js/echanges.js), with where to sign in.
        """
        if request.htmx:
            return session_expiree(request)
        if request.method == "POST" and request.POST.keys() - {"csrfmiddlewaretoken", CHAMP}:
            return reconnexion(request)
        return super().handle_no_permission(request, view_func)


class EspaceMiddleware:
    """Sets `request.membres`, and `request.membre` and `request.organisme` (None for a visitor, or who has no
    organisme).

    The organisme is the one chosen in the session, but a form, and all that htmx sends, says for which one
    its page was made: two tabs at work for two organismes never mix.
    """

    def __init__(self, get_response: Callable[[Requete], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Requete) -> HttpResponse:
        request.membres = (
            list(request.user.membres.select_related("organisme").order_by("pk"))
            if request.user.is_authenticated
            else []
        )
        choisi = request.session.get(CLE)
        request.membre = next(
            (m for m in request.membres if m.organisme_id == choisi), next(iter(request.membres), None)
        )
        request.organisme = request.membre.organisme if request.membre else None
        return self.get_response(request)

    def process_view(self, request: Requete, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """The organisme that the page says, when it is not the one of the session; refused to who is no
        longer in it.
        """
        # What the API is sent is not read here: no session, no form.
        if not request.user.is_authenticated:
            return None
        dit = request.POST.get(CHAMP) or request.headers.get(EN_TETE)
        if not dit or (request.membre and dit == str(request.membre.organisme_id)):
            return None
        membre = next((m for m in request.membres if str(m.organisme_id) == dit), None)
        if membre is None:
            return _refus(
                request, "Vous n'êtes plus membre de l'organisme pour lequel cette page était ouverte."
            )
        if request.htmx:
            # A part of a page, perhaps a draft that saves itself behind another tab: the choice stays.
            request.membre, request.organisme = membre, membre.organisme
        else:
            travailler_pour(request, membre)
            messages.info(
                request,
                f"Cette page était ouverte pour « {membre.organisme} » : c'est pour lui que vous travaillez"
                " maintenant.",
            )
        return None

    def process_exception(self, request: Requete, exception: Exception) -> HttpResponse | None:
        """Offer to change organisme for what belongs to another one of the person; keep what a refused form
        held.
        """
        if isinstance(exception, AutreOrganisme):
            return render(
                request, "organismes/autre_organisme.html", {"autre": exception.organisme}, status=404
            )
        if isinstance(exception, PermissionDenied) and CHAMP in request.POST and (phrase := str(exception)):
            return _refus(request, phrase)
        return None


def _refus(request: Requete, phrase: str) -> HttpResponse:
    """403: nothing was done, and what had been typed can be read and copied; it stays in the page that htmx
    asked from.
    """
    if request.htmx:
        return acces_refuse(request, PermissionDenied(phrase))
    saisie = [
        valeur for nom, valeur in champs_montrables(request) if nom not in TECHNIQUES and valeur.strip()
    ]
    return render(
        request, "organismes/refus.html", {"phrase": phrase, "saisie": "\n\n".join(saisie)}, status=403
    )
