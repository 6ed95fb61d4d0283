"""Conditions that a request sets on a record before any change (RFC 9110, section 13)."""

import re

from rest_framework.request import Request

from edof.problemes import Probleme

LECTURE = {"GET", "HEAD"}
# The suffix that the ETag of a compressed response has in addition.
_COMPRESSEE = re.compile("-(?:gzip|br)$")
MODIFIEE = "Cette fiche a été modifiée entre-temps : relisez-la."
ABSENTE = "Cette fiche n'existe pas, ou n'existe plus : la condition de If-Match n'est pas remplie."
PRESENTE = "Cette fiche existe déjà telle que If-None-Match l'exclut : rien n'a été changé."
# A tag without its quotes is accepted: its meaning is clear.
_TAG = re.compile(r'(W/)?(?:"([^"]*)"|([^\s,]+))')


def verifier(request: Request, etiquette: str | None, depassee: Exception | None = None) -> bool:
    """Check If-Match and If-None-Match against the ETag of the record, None when there is no record.

    Return True when the client already has this version: the response is then 304. When a condition fails,
    raise an exception whose response is 412: `depassee`, if given, when If-Match does not name this version,
    else Probleme. A weak tag in If-Match names no version.
    """
    exiger(request.headers.get("If-Match"), etiquette, depassee)
    exclues = _tags(request.headers.get("If-None-Match"))
    if exclues is None or etiquette is None or not {"*", f'"{etiquette}"', f'W/"{etiquette}"'} & exclues:
        return False
    if request.method in LECTURE:
        return True
    raise Probleme("version_depassee", PRESENTE)


def exiger(si_match: str | None, etiquette: str | None, depassee: Exception | None = None) -> None:
    """Raise the exception of `verifier` when the text of If-Match, None without it, does not hold."""
    if (exigees := _tags(si_match)) is None:
        return
    if etiquette is None:
        raise Probleme("version_depassee", ABSENTE)
    if not {"*", f'"{etiquette}"'} & exigees:
        raise depassee or Probleme("version_depassee", MODIFIEE)


def nomme_une_version(request: Request) -> bool:
    """Return whether If-Match requires given versions.

    The version that `verifier` checked must then stay the same until the end.
    """
    return bool((_tags(request.headers.get("If-Match")) or {"*"}) - {"*"})


def _tags(valeur: str | None) -> set[str] | None:
    """Return the set of tags of a header, with their quotes, or * alone; None when the header is absent."""
    if valeur is None:
        return None
    if valeur.strip() == "*":
        return {"*"}
    return {f'{faible}"{_COMPRESSEE.sub("", cite or nu)}"' for faible, cite, nu in _TAG.findall(valeur)}
