"""What a request says of itself: an address is UTF-8, so is a body, and what answers GET answers HEAD."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from edof.erreurs import envoi_illisible, longueur_absente

SANS_CORPS = {"GET", "HEAD", "OPTIONS", "TRACE"}
UTF8 = {"", "utf-8", "utf8"}
SANS_COMPRESSION = {"", "identity"}


def _lire_le_type(self: HttpRequest, meta: dict[str, Any]) -> None:
    """The Content-Type of a request, of which the charset says nothing of the address."""
    try:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
    except (LookupError, ValueError):
        # No type, and a charset that is refused when there is a body.
        self.content_type, self.content_params = "", {"charset": "illisible"}


# Django's own decodes the address with that charset while it makes the request, and fails there for `hex`,
# before any middleware. No setting names another class of request, which the test client would use too.
HttpRequest._set_content_type_params = _lire_le_type


class RequetesMiddleware:
    """Refuses a body that would be misread, before anything reads it; makes HEAD a GET without its body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SANS_CORPS:
            charset = request.content_params.get("charset", "").strip().lower()
            codage = request.headers.get("Content-Encoding", "").strip().lower()
            if charset not in UTF8 or codage not in SANS_COMPRESSION:
                return envoi_illisible(request)
            if "Transfer-Encoding" in request.headers:
                # Django reads as many bytes as the length says: without one, the body would be an empty one.
                return longueur_absente(request)
        methode = request.method
        if methode == "HEAD":
            request.method = "GET"
        try:
            reponse = self.get_response(request)
        finally:
            request.method = methode
        if methode == "HEAD":
            _vider(reponse)
        if "Allow" in reponse.headers:
            # Not twice, where a view says it already.
            admises = [nom for nom in reponse.headers["Allow"].split(", ") if nom != "HEAD"]
            reponse.headers["Allow"] = ", ".join("GET, HEAD" if nom == "GET" else nom for nom in admises)
        return reponse


def _vider(reponse: HttpResponse) -> None:
    """Keep what the headers say of the body, its length too, and not the body: some servers would send it."""
    if reponse.streaming:
        reponse.streaming_content = ()
    else:
        reponse.headers.setdefault("Content-Length", str(len(reponse.content)))
        reponse.content = b""
