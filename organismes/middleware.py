"""Middleware that requires sign-in and sets the organisme of the request."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render

from edof.erreurs import acces_refuse
from edof.formulaires import champs_montrables
from organismes.connexion import membres_de
from organismes.espace import CHAMP, CLE, EN_TETE, AutreOrganisme, Requete, travailler_pour
from organismes.views.connexion import reconnexion, session_expiree

# Technical fields of forms, not shown to users when their input is given back.
TECHNIQUES = {"csrfmiddlewaretoken", CHAMP, "suite", "jeton", "version", "vue", "verification", "operation"}


class ConnexionMiddleware(LoginRequiredMiddleware):
    """Requires users to sign in, without losing what a form was sending."""

    def handle_no_permission(self, request: Requete, view_func: Callable[..., Any]) -> HttpResponse:
        """Return the sign-in page; for a form sent after the session expired, with its content.

        A request from htmx gets 401 with the address of the sign-in page: the page decides
        (static/js/echanges.js).
        """
        if request.htmx:
            return session_expiree(request)
        if request.method == "POST" and request.POST.keys() - {"csrfmiddlewaretoken", CHAMP}:
            return reconnexion(request)
        return super().handle_no_permission(request, view_func)


class EspaceMiddleware:
    """Sets `request.membres`, `request.membre` and `request.organisme`.

    The last two are None for a visitor or a user without organisme. The organisme is the one chosen in the
    session; but a form, and every htmx request, carries the organisme its page was made for, so that two tabs
    open for two organismes never mix.
    """

    def __init__(self, get_response: Callable[[Requete], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Requete) -> HttpResponse:
        request.membres = membres_de(request)
        choisi = request.session.get(CLE)
        request.membre = next(
            (m for m in request.membres if m.organisme_id == choisi), next(iter(request.membres), None)
        )
        request.organisme = request.membre.organisme if request.membre else None
        return self.get_response(request)

    def process_view(self, request: Requete, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Use the organisme carried by the page when it is not the one of the session.

        Refuse the request when the user is no longer a member of it.
        """
        # The body of API requests is not read here: the API has neither session nor form.
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
            # Part of a page, perhaps a draft saved automatically behind another tab: the choice of the
            # session is kept.
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
        """Offer to change organisme when the record belongs to another one of the user.

        For a form refused with PermissionDenied, show what it contained.
        """
        if isinstance(exception, AutreOrganisme):
            return render(
                request, "organismes/autre_organisme.html", {"autre": exception.organisme}, status=404
            )
        if isinstance(exception, PermissionDenied) and CHAMP in request.POST and (phrase := str(exception)):
            return _refus(request, phrase)
        return None


def _refus(request: Requete, phrase: str) -> HttpResponse:
    """Return a 403 page with what the user had typed, to read and copy. Nothing was saved.

    For htmx, only the message is returned: what was typed is still in the page.
    """
    if request.htmx:
        return acces_refuse(request, PermissionDenied(phrase))
    saisie = [
        valeur for nom, valeur in champs_montrables(request) if nom not in TECHNIQUES and valeur.strip()
    ]
    return render(
        request, "organismes/refus.html", {"phrase": phrase, "saisie": "\n\n".join(saisie)}, status=403
    )
