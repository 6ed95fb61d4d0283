"""The log: one line for each request and each task, with who and from where; what repeats itself is said
once.
"""

import logging
import time
from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.utils.encoding import escape_uri_path
from django.utils.functional import SimpleLazyObject

from edof.visiteur import adresse

acces = logging.getLogger("edof.acces")
# A broker that is away is tried again every few seconds: one line in so many says it.
SECONDES_ENTRE_DEUX = 600


def qui(request: HttpRequest) -> str:
    """« utilisateur 12 », « jeton 3 », « - »: who a request was known to come from, without asking the
    database again.
    """
    acteur = request.__dict__.get("user")
    if isinstance(acteur, SimpleLazyObject):
        # What authentication keeps once it has been asked.
        acteur = request.__dict__.get("_cached_user")
    signature = getattr(acteur, "signature", {}) if getattr(acteur, "pk", None) else {}
    return next((f"{nom} {cle}" for nom, cle in signature.items()), "-")


def chemin(request: HttpRequest) -> str:
    """The path, escaped, for a line feed in it would write a line of its own; where it holds a secret, its
    pattern.
    """
    trouve = request.resolver_match
    if trouve and {"jeton", "token"} & trouve.kwargs.keys():
        return f"/{trouve.route}"
    return escape_uri_path(request.path)


class AccesMiddleware:
    """One line for each answer: never what was typed, neither in the address nor in the body."""

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
    """Lets the same complaint of the task queue through once in ten minutes, and without the trace of a lost
    connection.
    """

    def __init__(self) -> None:
        super().__init__()
        self._dites: dict[tuple[str, str], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether this record is written."""
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
    """Drops the line of a task that is asked for every few seconds and has ended well: it says by itself what
    it did, when it did something.
    """

    RONDES = ("organismes.tasks.envoyer_les_courriels",)

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is kept."""
        message = record.getMessage() if record.name == "celery.app.trace" else ""
        return not ("succeeded" in message and any(nom in message for nom in self.RONDES))
