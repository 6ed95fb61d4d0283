"""The characters that no text may contain."""

import re

from django.core.exceptions import ValidationError

from edof.lecture import SANS_FORME, sans_invisibles

# Control characters (except tab and line ends) break text or hide in it; bidirectional overrides and isolates
# disguise it; lone surrogates and noncharacters cannot be encoded; tags and other ignorable characters of
# plane 14 carry hidden content.
_REFUSES = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufdd0-\ufdef\ufff9-\ufffb"
    "\U000e0000-\U000e0fff"
    + "".join(f"{chr(plan << 16 | 0xFFFE)}{chr(plan << 16 | 0xFFFF)}" for plan in range(17))
    + "]"
)
# A text made only of characters without width or that look blank. They are harmless inside a word that is
# pasted, not when there is nothing else.
_RIEN_A_VOIR = re.compile(rf"\s*[{SANS_FORME}][{SANS_FORME}\s]*")
RECHERCHE_AU_PLUS = 200


def valider_texte(valeur: str) -> None:
    """Raise ValidationError when a text contains a character that breaks, disguises or hides content.

    Every text is validated by this one function, whatever its source.
    """
    if _REFUSES.search(valeur) or _RIEN_A_VOIR.fullmatch(valeur):
        raise ValidationError(
            "Ce texte contient des caractères invisibles qui ne peuvent pas être enregistrés : retapez-le, ou"
            " collez-le sans mise en forme.",
            code="caracteres",
        )


def nettoyer_texte(valeur: str) -> str:
    """Return the text without the characters that `valider_texte` refuses, when no user can correct it."""
    return _REFUSES.sub("", valeur)


def texte_cherche(valeur: str) -> str:
    """Return the text of a search box without invisible characters, cut to RECHERCHE_AU_PLUS characters."""
    return sans_invisibles(nettoyer_texte(valeur[: RECHERCHE_AU_PLUS * 2])).strip()[:RECHERCHE_AU_PLUS]


_FORMULE = ("=", "+", "-", "@", "\t", "\r")


def sans_formule(texte: str) -> str:
    """Return the text with a quote before what a spreadsheet would compute."""
    return f"'{texte}" if texte.startswith(_FORMULE) else texte


def avec_sa_formule(texte: str) -> str:
    """Return the text that `sans_formule` protected."""
    return texte[1:] if texte.startswith("'") and texte[1:].startswith(_FORMULE) else texte
