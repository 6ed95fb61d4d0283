"""Logging: one line for each request and each task, with its user and its address.

Repeated complaints of the task queue are written once.
"""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from edof.visiteur import adresse

acces = logging.getLogger("edof.acces")
# When the broker is unreachable, Celery retries every few seconds: one line in this many seconds is enough.
SECONDES_ENTRE_DEUX = 600


def qui(request: HttpRequest) -> str:
    """Return « utilisateur 12 », « jeton 3 » or « - »: the author of the request, without a query."""
    acteur = request.__dict__.get("user")
    if isinstance(acteur, SimpleLazyObject):
        # Where Django's authentication caches the user once it has been read.
        acteur = request.__dict__.get("_cached_user")
    signature = getattr(acteur, "signature", {}) if getattr(acteur, "pk", None) else {}
    return next((f"{nom} {cle}" for nom, cle in signature.items()), "-")


def chemin(request: HttpRequest) -> str:
    """Return the escaped path of the request, or its URL pattern when the path contains a secret.

    Escaping prevents a line feed in the path from writing a line of its own in the log.
    """
    trouve = request.resolver_match
    if trouve and {"jeton", "token"} & trouve.kwargs.keys():
        return f"/{trouve.route}"
    return escape_uri_path(request.path)


class AccesMiddleware:
    """Writes one line for each response, never what the user typed: neither the query string nor the body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        debut = time.monotonic()
        reponse = self.get_response(request)
        millisecondes = (time.monotonic() - debut) * 1000
        ligne = (
            request.method,
            chemin(request),
            reponse.status_code,
            millisecondes,
            qui(request),
            adresse(request) or "-",
        )
        acces.info("%s %s %s %.0f ms, %s, %s", *ligne)
        return reponse


class UneFois(logging.Filter):
    """Filter that lets the same complaint of the task queue through once in ten minutes.

    The traceback of a lost connection is removed.
    """

    def __init__(self) -> None:
        super().__init__()
        self._dites: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether this record is written."""
        if record.levelno < logging.WARNING or not record.name.startswith(("celery", "kombu")):
            return True
        if record.exc_info and isinstance(record.exc_info[1], OSError):
            record.exc_info = record.exc_text = None
        plainte, instant = (record.name, str(record.msg)), time.monotonic()
        if instant - self._dites.get(plainte, -SECONDES_ENTRE_DEUX) < SECONDES_ENTRE_DEUX:
            return False
        self._dites[plainte] = instant
        return True


class SansLesRondes(logging.Filter):
    """Filter that drops the « succeeded » line of a task that runs every few seconds.

    Such a task logs by itself what it did, when it did something.
    """

    RONDES = ("organismes.tasks.envoyer_les_courriels",)

    def filter(self, record: logging.LogRecord) -> bool:
        """Return whether the line is kept."""
        message = record.getMessage() if record.name == "celery.app.trace" else ""
        return not ("succeeded" in message and any(nom in message for nom in self.RONDES))
