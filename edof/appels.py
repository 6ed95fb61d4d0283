"""HTTP calls to addresses that the operator gives in a variable: bounded in time and in size.

Addresses that members give are called by crochets/envoi.py, which trusts nothing.
"""

import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any
from urllib.parse import urlsplit

AGENT = "CatalogueOF/1"
PAR_MORCEAU = 65_536


class TropGros(ValueError):
    """What is read is larger than what was allowed."""


class _Redirections(urllib.request.HTTPRedirectHandler):
    """Follows a redirection only towards https when the call was made in https."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        if urlsplit(req.full_url).scheme == "https" and urlsplit(newurl).scheme != "https":
            raise ValueError("Une redirection quitte https.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@contextmanager
def _ouvrir(url: str, corps: bytes | None, delai: float) -> Iterator[Any]:
    if urlsplit(url).scheme not in {"http", "https"}:
        raise ValueError("Seuls http et https s'appellent.")
    # Its scheme has just been checked.
    demande = urllib.request.Request(url, data=corps, headers={"User-Agent": AGENT})  # noqa: S310
    with urllib.request.build_opener(_Redirections).open(demande, timeout=delai) as reponse:
        yield reponse


def appeler(url: str, corps: bytes, *, delai: float) -> None:
    """POST these octets and read nothing of the answer; raise OSError when it is not a success."""
    with _ouvrir(url, corps, delai):
        pass


def telecharger(url: str, vers: IO[bytes], *, au_plus: int, delai: float, en_tout: float) -> int:
    """Write what this address gives to `vers`; return how many octets.

    Each reading waits `delai` seconds at most, and all of them `en_tout`. Raise OSError when it is not a
    success, TropGros beyond `au_plus` octets.
    """
    fin, lus = time.monotonic() + en_tout, 0
    with _ouvrir(url, None, delai) as reponse:
        while morceau := reponse.read(PAR_MORCEAU):
            lus += len(morceau)
            if lus > au_plus:
                raise TropGros(f"Plus de {au_plus} octets.")
            if time.monotonic() > fin:
                raise TimeoutError(f"Plus de {en_tout:.0f} secondes.")
            vers.write(morceau)
        attendus = reponse.headers.get("Content-Length")
        if attendus and attendus.isdigit() and int(attendus) != lus:
            raise OSError("Le fichier est arrivé coupé.")
    return lus
