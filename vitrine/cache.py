"""Pages that are the same for everybody: no cookie, validators, answers that a shared cache may keep.

`pour_tous` decorates their views. What such a page shows depends on what the public reads, and on nothing of
who asks. Its validator is `etat_public`, one small query: a conditional request is answered without reading
the catalogue. `Cache-Control` lets every cache keep the page and asks it to check at each time: what is
withdrawn disappears in the request (D-20), even behind a cache, and from a page kept by the browser of the
person who has just closed a session.
"""

import hashlib
from collections.abc import Callable
from functools import cache, wraps
from pathlib import Path
from typing import Any, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls import Resolver404, resolve
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from edof.horloge import aujourd_hui
from edof.replique import sur_la_replique
from publication.mouvements import EtatPublic, etat_public

Vue = Callable[..., HttpResponse]
V = TypeVar("V", bound=Callable[..., HttpResponseBase])
GARDER = "public, no-cache"
# What a page is made of, beside what is published: a new version of the program changes the validators.
SOURCES = (
    "vitrine/*.py",
    "publication/*.py",
    "recherche/*.py",
    "templates/vitrine/*.html",
    "static/css/*.css",
)


def pour_tous(vue: Vue) -> Vue:
    """Decorate a view whose pages are the same for everybody."""

    @sans_temoin
    @wraps(vue)
    @sur_la_replique
    def lue(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Read before the page: if something changes meanwhile, the page is more recent than its validator.
        etat = etat_public()
        # Orders and periods follow the day.
        etag = f'"{_version()}-{etat.numero:x}-{aujourd_hui():%y%j}"'
        reponse = get_conditional_response(request, etag=etag)
        if reponse is None:
            reponse = vue(request, *args, **kwargs)
        if reponse.status_code in {200, 304}:
            _valider(reponse, etag, etat)
        elif reponse.status_code == 301:
            reponse.headers["Cache-Control"] = GARDER
        return reponse

    return lue


def sans_temoin(vue: V) -> V:
    """Decorate a view that is nobody's: it reads no cookie and sets none (`SansTemoinMiddleware`)."""
    vue.pour_tous = True  # type: ignore[attr-defined]
    return vue


def _valider(reponse: HttpResponse, etag: str, etat: EtatPublic) -> None:
    """Set the validators.

    `Last-Modified` tells the last change; it is not asked: two changes of one second would be the same.
    """
    reponse.headers["ETag"] = etag
    if etat.depuis:
        reponse.headers["Last-Modified"] = http_date(etat.depuis.timestamp())
    reponse.headers["Cache-Control"] = GARDER


@cache
def _version() -> str:
    """Return a digest of the program that makes the pages."""
    empreinte = hashlib.sha256(settings.ADRESSE_PUBLIQUE.encode())
    for motif in SOURCES:
        for fichier in sorted(Path(settings.BASE_DIR).glob(motif)):
            empreinte.update(fichier.read_bytes())
    return empreinte.hexdigest()[:12]


class SansTemoinMiddleware:
    """Hides the cookies from the views of `sans_temoin` and of `pour_tous`, which are then those of nobody.

    No session is read, no cookie is set, and the answer does not vary with them.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not _est_pour_tous(request):
            return self.get_response(request)
        request.COOKIES = {}
        reponse = self.get_response(request)
        varie = [nom for nom in reponse.headers.get("Vary", "").split(", ") if nom not in {"", "Cookie"}]
        del reponse.headers["Vary"]
        if varie:
            reponse.headers["Vary"] = ", ".join(varie)
        return reponse


def _est_pour_tous(request: HttpRequest) -> bool:
    try:
        return hasattr(resolve(request.path_info).func, "pour_tous")
    except Resolver404:
        return False
