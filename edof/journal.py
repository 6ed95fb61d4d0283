"""Logging: one line for each request and each task, with its user and its address.

Repeated complaints of the task queue are written once.
"""

import datetime as dt
import json
import logging
import os
import time
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from edof import compteurs, demande
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
        numero = demande.commencer(request.headers.get("X-Request-ID", ""))
        reponse = self.get_response(request)
        reponse.headers["X-Request-ID"] = numero
        secondes = time.monotonic() - debut
        compteurs.compter(request, reponse.status_code, secondes)
        ligne = (
            request.method,
            chemin(request),
            reponse.status_code,
            secondes * 1000,
            qui(request),
            adresse(request) or "-",
        )
        noms = ("methode", "chemin", "statut", "millisecondes", "qui", "adresse")
        acces.info("%s %s %s %.0f ms, %s, %s", *ligne, extra={"acces": dict(zip(noms, ligne, strict=True))})
        return reponse


class Texte(logging.Formatter):
    """One line for people: instant, level, logger, request when there is one, message."""

    def __init__(self) -> None:
        super().__init__("{asctime} {levelname} {name} {message}", style="{")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802
        """Return the line, with the request at its end."""
        numero = demande.numero()
        return super().formatMessage(record) + (f" [{numero}]" if numero else "")


class EnJSON(logging.Formatter):
    """One JSON object for each line, for a program that gathers logs: the same words, in fields."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the object; the traceback of a fault is one of its fields."""
        dits: dict[str, Any] = {
            "instant": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "niveau": record.levelname,
            "journal": record.name,
            "message": record.getMessage(),
            "service": os.environ.get("EDOF_SERVICE", "tache"),
            "processus": record.process,
        }
        if numero := demande.numero():
            dits["demande"] = numero
        if acces_dit := getattr(record, "acces", None):
            dits |= acces_dit
        if record.exc_info:
            dits["trace"] = self.formatException(record.exc_info)
        return json.dumps(dits, ensure_ascii=False, default=str)


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
