"""Bytes answered with their ETag; files that never change, whole or by ranges (RFC 9110, section 14)."""

import hashlib
import re
from collections.abc import Callable, Iterator
from typing import IO

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.utils.cache import get_conditional_response

BLOC = 64 * 1024
_INTERVALLE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")
UN_AN = 365 * 24 * 3600
# What a cache may keep: the bytes, a part of them, or the word that they are the same. Never a refusal.
_A_GARDER = frozenset((200, 206, 304))


class StockageInjoignable(OSError):
    """Files are kept elsewhere, and that place does not answer: a 503 for a reader."""


class Morceau:
    """So many bytes of an open file, from where it is, by blocks; it is closed with the answer."""

    def __init__(self, fichier: IO[bytes], longueur: int) -> None:
        self.fichier, self.longueur = fichier, longueur

    def __iter__(self) -> Iterator[bytes]:
        reste = self.longueur
        while reste and (bloc := self.fichier.read(min(BLOC, reste))):
            reste -= len(bloc)
            yield bloc

    def close(self) -> None:
        """Close the file, whether it was read or not."""
        self.fichier.close()


# Opens a file from a byte on, for so many bytes.
Ouvrir = Callable[[int, int], IO[bytes]]


def repondre_octets(request: HttpRequest, corps: bytes, *, genre: str, cache: str) -> HttpResponse:
    """Return these bytes with their digest as ETag, or a 304 when the reader has them.

    `cache` is the Cache-Control of the answer.
    """
    etiquette = f'"{hashlib.sha256(corps).hexdigest()}"'
    deja = get_conditional_response(request, etag=etiquette)
    reponse = deja if isinstance(deja, HttpResponse) else HttpResponse(corps, content_type=genre)
    _garder(reponse, etiquette, cache)
    return reponse


def _garder(reponse: HttpResponseBase, etiquette: str, cache: str) -> None:
    """Set the ETag, and this Cache-Control unless the answer is a refusal."""
    reponse.headers["ETag"] = etiquette
    reponse.headers["Cache-Control"] = cache if reponse.status_code in _A_GARDER else "no-store"


def servir(
    request: HttpRequest, ouvrir: Ouvrir, *, taille: int, empreinte: str, genre: str, accel: str = ""
) -> HttpResponseBase:
    """Return the file that `ouvrir` opens, the range that is asked for, or a 304; a 416 for a range outside.

    `taille` is its size in bytes, `empreinte` its ETag, without quotes. With `accel`, a server in front sends
    the bytes: it reads where they are in this answer, which has no body.
    """
    etiquette = f'"{empreinte}"'
    # Compressed again, a file would have neither its length nor its ranges.
    request.META.pop("HTTP_ACCEPT_ENCODING", None)
    reponse: HttpResponseBase | None = get_conditional_response(request, etag=etiquette)
    if reponse is None:
        reponse = _octets(request, ouvrir, taille, etiquette, genre, accel)
    _garder(reponse, etiquette, f"public, max-age={UN_AN}, immutable")
    return reponse


def _octets(
    request: HttpRequest, ouvrir: Ouvrir, taille: int, etiquette: str, genre: str, accel: str
) -> HttpResponseBase:
    debut, fin, statut = 0, taille - 1, 200
    if voulu := _intervalle(request, etiquette):
        premier, dernier = voulu
        # « -500 »: the last 500 bytes.
        debut = int(premier) if premier else max(0, taille - int(dernier))
        fin = min(int(dernier), taille - 1) if premier and dernier else taille - 1
        if debut >= taille:
            reponse = HttpResponse(status=416, content_type="text/plain; charset=utf-8")
            reponse.headers["Content-Range"] = f"bytes */{taille}"
            return reponse
        statut = 206
    if accel:
        devant = HttpResponse(content_type=genre)
        devant.headers["X-Accel-Redirect"] = accel
        del devant.headers["Content-Length"]
        return devant
    longueur = fin - debut + 1
    morceau = Morceau(ouvrir(debut, longueur), longueur)
    suite = StreamingHttpResponse(morceau, status=statut, content_type=genre)
    suite.headers["Content-Length"] = str(longueur)
    suite.headers["Accept-Ranges"] = "bytes"
    if statut == 206:
        suite.headers["Content-Range"] = f"bytes {debut}-{fin}/{taille}"
    return suite


def _intervalle(request: HttpRequest, etiquette: str) -> tuple[str, str] | None:
    """Return the bounds of the range that is asked for, either of which may be empty, or None.

    Several ranges at once, one that ends before it begins, or one of another version get the whole file.
    """
    lu = _INTERVALLE.fullmatch(request.headers.get("Range", "").replace(" ", ""))
    if lu is None or request.headers.get("If-Range", etiquette) != etiquette:
        return None
    premier, dernier = lu[1], lu[2]
    if not (premier or dernier) or (premier and dernier and int(dernier) < int(premier)):
        return None
    return premier, dernier
