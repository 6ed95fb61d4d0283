"""What no text may hold, whatever brings it."""

import re

from django.core.exceptions import ValidationError

from edof.lecture import SANS_FORME, sans_invisibles

# Controls (but tab and line ends) break text or hide in it; bidirectional overrides and isolates disguise it;
# lone surrogates and noncharacters cannot be written down; tags and other ignorables of plane 14 carry what
# nobody sees.
_REFUSES = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
    + "".join(f"{chr(plan << 16 | 0xFFFE)}{chr(plan << 16 | 0xFFFF)}" for plan in range(17))
    + "]"
)
# Without width, or blank for the eye only: harmless inside a word that is pasted, not when they are all there
# is.
_RIEN_A_VOIR = re.compile(rf"\s*[{SANS_FORME}][{SANS_FORME}\s]*")
RECHERCHE_AU_PLUS = 200


def valider_texte(valeur: str) -> None:
    """The one rule of every text, whatever brings it: no character that breaks it, disguises it or hides
    something in it.
    """
    if _REFUSES.search(valeur) or _RIEN_A_VOIR.fullmatch(valeur):
        raise ValidationError(
            "Ce texte contient des caractères invisibles qui ne peuvent pas être enregistrés : retapez-le, ou"
            " collez-le sans mise en forme.",
            code="caracteres",
        )


def nettoyer_texte(valeur: str) -> str:
    """The text without what `valider_texte` refuses in it: for what nobody is there to type again."""
    return _REFUSES.sub("", valeur)


def texte_cherche(valeur: str) -> str:
    """What somebody typed in a search box, without what nobody sees, cut where nobody types any more."""
    return sans_invisibles(nettoyer_texte(valeur[: RECHERCHE_AU_PLUS * 2])).strip()[:RECHERCHE_AU_PLUS]
