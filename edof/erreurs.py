"""The error pages, in French, with an incident number that is also in the log.

For the API, the same error is returned as a problem (RFC 9457).
"""

import logging
import secrets
import sys
from collections.abc import Callable

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import render
from django.template import loader

from edof.fichiers import StockageInjoignable
from edof.journal import chemin, qui
from edof.problemes import TYPE_DE_CONTENU, Probleme
from edof.visiteur import adresse

journal = logging.getLogger(__name__)

# Title and sentence of each status, used when the code that refuses gives no reason of its own.
PHRASES = {
    400: (
        "Demande incomprise",
        "L'adresse ou le formulaire contient quelque chose que nous ne savons pas lire.",
    ),
    403: ("Accès refusé", "Vous n'avez pas le droit de faire cela."),
    404: ("Page introuvable", "Cette page n'existe pas, ou n'existe plus."),
    405: (
        "Adresse à ne pas ouvrir ainsi",
        "Cette adresse répond à un bouton : revenez en arrière, et utilisez celui de la page.",
    ),
    411: ("Envoi sans longueur", "Votre programme doit dire combien d'octets il envoie (Content-Length)."),
    413: (
        "Envoi trop volumineux",
        (
            "Ce que vous envoyez est trop gros pour être reçu : revenez en arrière, et envoyez-le en"
            " plusieurs fois."
        ),
    ),
    415: ("Envoi illisible", "Rien n'a été enregistré : envoyez-le en UTF-8 et sans compression."),
    429: (
        "Trop de demandes",
        "Vous avez fait beaucoup de demandes en peu de temps : attendez une minute, puis réessayez.",
    ),
    500: (
        "Une erreur est survenue",
        "Ce n'est pas de votre fait : l'erreur a été notée. Réessayez dans un instant.",
    ),
    503: (
        "Service momentanément indisponible",
        "Le service revient dans quelques minutes. Rien de ce qui est enregistré n'est perdu.",
    ),
}
CODES_DE_L_API = {
    400: "requete_illisible",
    403: "droit_insuffisant",
    404: "introuvable",
    405: "methode_interdite",
    411: "longueur_absente",
    413: "trop_gros",
    415: "type_de_contenu",
    429: "debit_depasse",
    503: "indisponible",
}
ATTENTE = 60
# What is away for a time: the user can try again.
INDISPONIBLE = (OperationalError, InterfaceError, StockageInjoignable)
# Where the public looks for a formation, and the frame of the pages there.
PUBLIC, CADRE_PUBLIC, CADRE = "/formations/", "vitrine/base.html", "base.html"


def _page(request: HttpRequest, statut: int, explication: str = "") -> HttpResponse:
    """Return the error response in the form expected by the client, and log it with its incident number.

    The form is a problem for the API, a message for htmx, a problem (RFC 9457) for a client that prefers
    JSON, and a page otherwise.
    """
    incident = secrets.token_hex(4).upper()
    panne = statut >= 500
    ligne = (incident, statut, request.method, chemin(request), qui(request), adresse(request) or "-")
    journal.log(
        logging.ERROR if panne else logging.WARNING, "Incident %s : %s %s %s, %s, %s", *ligne, exc_info=panne
    )
    titre, phrase = PHRASES[statut]
    contexte = {"titre": titre, "phrase": explication or phrase, "incident": incident}
    if request.path.startswith("/api/"):
        reponse = _probleme(statut, incident)
    elif getattr(request, "htmx", False) and not request.htmx.boosted:
        # Displayed in the messages of the current page, whatever target the htmx request had.
        reponse = HttpResponse(loader.render_to_string("erreurs/_message.html", contexte), status=statut)
        for nom, valeur in (
            ("Retarget", "#messages"),
            ("Reswap", "innerHTML"),
            ("Reselect", ".message"),
            ("Push-Url", "false"),
        ):
            reponse.headers[f"HX-{nom}"] = valeur
    elif _prefere_du_json(request):
        probleme = {"title": titre, "status": statut, "detail": contexte["phrase"], "incident": incident}
        reponse = JsonResponse(
            probleme,
            status=statut,
            content_type="application/problem+json",
            json_dumps_params={"ensure_ascii": False},
        )
    elif panne:
        # Rendered without the request, so without context processors or database: they may be the cause of
        # the failure.
        reponse = HttpResponse(loader.render_to_string("erreurs/panne.html", contexte), status=statut)
    else:
        public = request.path.startswith(PUBLIC)
        cadre = CADRE_PUBLIC if public else CADRE
        page = {**contexte, "public": public, "cadre": cadre}
        reponse = render(request, "erreurs/refus.html", page, status=statut)
    reponse.headers["Cache-Control"] = "no-store"
    if statut in {429, 503}:
        reponse.headers["Retry-After"] = str(ATTENTE)
    if statut == 415:
        reponse.headers["Accept-Encoding"] = "identity"
    return reponse


def _prefere_du_json(request: HttpRequest) -> bool:
    types = ["text/html", "application/problem+json", "application/json"]
    try:
        return request.get_preferred_type(types) not in {None, "text/html"}
    except (LookupError, ValueError):
        # The Accept header has a parameter written in an unknown charset.
        return False


def _probleme(statut: int, incident: str) -> HttpResponse:
    """Return as a problem of the API an error raised before its views, by Django or by a failure of ours."""
    code = CODES_DE_L_API.get(statut, "erreur_interne")
    phrase = (
        f"Le programme a rencontré une erreur : signalez l'incident {incident}."
        if code == "erreur_interne"
        else ""
    )
    contenu = Probleme(code, phrase).en_json()
    return JsonResponse(
        contenu,
        status=contenu["status"],
        content_type=TYPE_DE_CONTENU,
        json_dumps_params={"ensure_ascii": False},
    )


def requete_invalide(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 400 page, or the 413 page when the request is refused for its size."""
    trop = isinstance(exception, (RequestDataTooBig, TooManyFieldsSent, TooManyFilesSent))
    return _page(request, 413 if trop else 400)


def acces_refuse(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 403 page, with the sentence of the exception when there is one."""
    return _page(request, 403, str(exception or ""))


def introuvable(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    """Return the 404 page, also used for what belongs to another organisme."""
    return _page(request, 404)


def longueur_absente(request: HttpRequest) -> HttpResponse:
    """Return the 411 page."""
    return _page(request, 411)


def envoi_illisible(request: HttpRequest) -> HttpResponse:
    """Return the 415 page: the charset is not UTF-8, or the body is compressed."""
    return _page(request, 415)


def trop_de_demandes(request: HttpRequest) -> HttpResponse:
    """Return the 429 page."""
    return _page(request, 429)


def erreur_du_serveur(request: HttpRequest) -> HttpResponse:
    """Return the 500 page, or the 503 page when the database or a storage does not answer or gives up.

    In the second case the user can try again.
    """
    return _page(request, 503 if isinstance(sys.exc_info()[1], INDISPONIBLE) else 500)


class PagesMiddleware:
    """Gives a page to the only refusal that Django makes without one.

    That is 405: a method that the URL does not accept.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reponse = self.get_response(request)
        if not isinstance(reponse, HttpResponseNotAllowed) or reponse.content:
            return reponse
        page = _page(request, 405)
        page.headers["Allow"] = reponse.headers["Allow"]
        return page
