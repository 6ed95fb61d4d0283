"""What a request requires of a record before anything is done with it (RFC 9110, 13): one rule for all."""

import re

from rest_framework.request import Request

from edof.problemes import Probleme

LECTURE = {"GET", "HEAD"}
# What the tag of a compressed answer has more than that of the same answer sent as it is.
COMPRESSEE = "-gzip"
MODIFIEE = "Cette fiche a été modifiée entre-temps : relisez-la."
ABSENTE = "Cette fiche n'existe pas, ou n'existe plus : la condition de If-Match n'est pas remplie."
PRESENTE = "Cette fiche existe déjà telle que If-None-Match l'exclut : rien n'a été changé."
# A tag without its quotes is read all the same: what it means is clear.
_TAG = re.compile(r'(W/)?(?:"([^"]*)"|([^\s,]+))')


def verifier(request: Request, etiquette: str | None, depassee: Exception | None = None) -> bool:
    """Raise what answers 412 when the record of this tag (None: there is no record) is not what is required.

    True when the client has this version already: 304. `depassee` is raised when If-Match does not name this
    version; a weak tag names none.
    """
    exigees, exclues = _tags(request, "If-Match"), _tags(request, "If-None-Match")
    if exigees is not None and etiquette is None:
        raise Probleme("version_depassee", ABSENTE)
    if exigees is not None and not {"*", f'"{etiquette}"'} & exigees:
        raise depassee or Probleme("version_depassee", MODIFIEE)
    if exclues is None or etiquette is None or not {"*", f'"{etiquette}"', f'W/"{etiquette}"'} & exclues:
        return False
    if request.method in LECTURE:
        return True
    raise Probleme("version_depassee", PRESENTE)


def nomme_une_version(request: Request) -> bool:
    """Whether If-Match wants some versions: the one that `verifier` saw must then hold until the end."""
    return bool((_tags(request, "If-Match") or {"*"}) - {"*"})


def _tags(request: Request, entete: str) -> set[str] | None:
    """« "2" », « W/"2" », « * »; None when the header is absent."""
    if (valeur := request.headers.get(entete)) is None:
        return None
    if valeur.strip() == "*":
        return {"*"}
    return {f'{faible}"{(cite or nu).removesuffix(COMPRESSEE)}"' for faible, cite, nu in _TAG.findall(valeur)}
