"""Checks on incoming requests: URLs and bodies are UTF-8, and a view that answers GET also answers HEAD."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.http import parse_header_parameters

from edof.erreurs import envoi_illisible, longueur_absente

SANS_CORPS = {"GET", "HEAD", "OPTIONS", "TRACE"}
UTF8 = {"", "utf-8", "utf8"}
SANS_COMPRESSION = {"", "identity"}


def _lire_le_type(self: HttpRequest, meta: dict[str, Any]) -> None:
    """Set the content type of the request; its charset is not used to decode the URL."""
    try:
        self.content_type, self.content_params = parse_header_parameters(meta.get("CONTENT_TYPE", ""))
    except (LookupError, ValueError):
        # No type, and a charset that makes the request be refused when there is a body.
        self.content_type, self.content_params = "", {"charset": "illisible"}


# Django's own method uses that charset to decode the URL while it builds the request. It fails there for
# `hex`, before any middleware. No setting allows another request class, and the test client must use it too.
HttpRequest._set_content_type_params = _lire_le_type


class RequetesMiddleware:
    """Refuses a body that would be misread, before it is parsed; answers HEAD as a GET without its body."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.method not in SANS_CORPS:
            charset = request.content_params.get("charset", "").strip().lower()
            codage = request.headers.get("Content-Encoding", "").strip().lower()
            if charset not in UTF8 or codage not in SANS_COMPRESSION:
                return envoi_illisible(request)
            if "Transfer-Encoding" in request.headers:
                # Django reads as many bytes as Content-Length announces: without it, the body would be taken
                # as empty.
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
            # HEAD is removed first: some views already list it.
            admises = [nom for nom in reponse.headers["Allow"].split(", ") if nom != "HEAD"]
            reponse.headers["Allow"] = ", ".join("GET, HEAD" if nom == "GET" else nom for nom in admises)
        return reponse


def _vider(reponse: HttpResponse) -> None:
    """Remove the body of the response but keep its headers, Content-Length included.

    Some servers would otherwise send the body.
    """
    if reponse.streaming:
        reponse.streaming_content = ()
    else:
        reponse.headers.setdefault("Content-Length", str(len(reponse.content)))
        reponse.content = b""
