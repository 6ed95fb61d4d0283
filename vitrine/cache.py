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
from django.db import DatabaseError
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
# What a page is made of, beside what is published: a new version of the program changes the validators. The
# names of the scripts, of the style sheet and of the fonts follow their content; icons are drawn in the page.
SOURCES = (
    *(f"{piece}/**/*.py" for piece in ("edof", "organismes", "catalogue", "sessions_app")),
    *(f"{piece}/**/*.py" for piece in ("publication", "recherche", "vitrine")),
    "templates/vitrine/**/*.html",
    "templates/icones/*.svg",
    "static/**/*.*",
)


def pour_tous(vue: Vue) -> Vue:
    """Decorate a view whose pages are the same for everybody."""

    @sans_temoin
    @wraps(vue)
    @sur_la_replique
    def lue(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        # Read before the page: if something changes meanwhile, the page is more recent than its validator.
        etat = getattr(request, "etat_public", None) or etat_public()
        reponse = vue(request, *args, **kwargs)
        if reponse.status_code == 200:
            _valider(reponse, etat)
        elif reponse.status_code == 301:
            reponse.headers["Cache-Control"] = GARDER
        return reponse

    lue.inchangee = _inchangee  # type: ignore[attr-defined]
    return lue


@sur_la_replique
def _inchangee(request: HttpRequest) -> HttpResponse | None:
    """Return a 304 when the page that the reader has is still the right one, else None."""
    etat = request.etat_public = etat_public()  # type: ignore[attr-defined]
    reponse = get_conditional_response(request, etag=_etag(etat))
    if reponse is None or reponse.status_code != 304:
        return None
    _valider(reponse, etat)
    return reponse


def sans_temoin(vue: V) -> V:
    """Decorate a view that is nobody's: it reads no cookie and sets none (`SansTemoinMiddleware`)."""
    vue.pour_tous = True  # type: ignore[attr-defined]
    return vue


def _etag(etat: EtatPublic) -> str:
    """Return the validator of a page. Orders and periods follow the day."""
    return f'"{_version()}-{etat.numero:x}-{aujourd_hui():%y%j}"'


def _valider(reponse: HttpResponse, etat: EtatPublic) -> None:
    """Set the validators.

    `Last-Modified` tells the last change; it is not asked: two changes of one second would be the same.
    """
    reponse.headers["ETag"] = _etag(etat)
    if etat.depuis:
        reponse.headers["Last-Modified"] = http_date(etat.depuis.timestamp())
    reponse.headers["Cache-Control"] = GARDER


def sources() -> list[Path]:
    """Return the files of the program that public pages are made of."""
    return [lu for motif in SOURCES for lu in sorted(Path(settings.BASE_DIR).glob(motif)) if lu.is_file()]


@cache
def _version() -> str:
    """Return a digest of the program that makes the pages."""
    empreinte = hashlib.sha256(settings.ADRESSE_PUBLIQUE.encode())
    for fichier in sources():
        # A file that is only renamed changes what the page names too.
        empreinte.update(fichier.name.encode() + fichier.read_bytes())
    return empreinte.hexdigest()[:12]


class SansTemoinMiddleware:
    """Hides the cookies from the views of `sans_temoin` and of `pour_tous`, which are then those of nobody.

    No session is read, no cookie is set, and the answer does not vary with them. A page of `pour_tous` that
    has not changed is answered here, without what is done for a page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        vue = _vue(request)
        if not hasattr(vue, "pour_tous"):
            return self.get_response(request)
        request.COOKIES = {}
        if inchangee := _si_inchangee(vue, request):
            return inchangee
        reponse = self.get_response(request)
        varie = [nom for nom in reponse.headers.get("Vary", "").split(", ") if nom not in {"", "Cookie"}]
        del reponse.headers["Vary"]
        if varie:
            reponse.headers["Vary"] = ", ".join(varie)
        return reponse


def _vue(request: HttpRequest) -> Any:
    try:
        return resolve(request.path_info).func
    except Resolver404:
        return None


def _si_inchangee(vue: Any, request: HttpRequest) -> HttpResponse | None:
    if request.method != "GET" or "If-None-Match" not in request.headers or not hasattr(vue, "inchangee"):
        return None
    try:
        return vue.inchangee(request)
    except DatabaseError:
        # The view says it, as it does without a validator.
        return None
