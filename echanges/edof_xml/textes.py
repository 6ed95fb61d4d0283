"""How a text is written in EDOF's XML: as HTML when it has some form, as it is otherwise (D-43).

A character that ISO-8859-1 does not have is written as a reference, which any XML reader gives back: nothing
is replaced. References mean nothing inside CDATA, which is then left out.
"""

import html
from xml.sax.saxutils import escape

from django.core.exceptions import ValidationError

from echanges.edof_xml.valeurs import lire_texte
from edof.texte_leger import MAXIMUM, en_html

ENCODAGE = "ISO-8859-1"
# Signs that `en_html` turns into tags; a text without any is written as it is.
_MIS_EN_FORME = ("\n", "**")


def mis_en_forme(texte: str) -> bool:
    """Return whether the text has paragraphs, a list or bold, which EDOF shows from HTML only."""
    return any(signe in texte for signe in _MIS_EN_FORME) or texte.startswith("- ")


def longueur_ecrite(texte: str) -> int:
    """Return the number of characters that EDOF would count: those of the HTML, tags included."""
    return len(_en_html(texte)) if mis_en_forme(texte) else len(texte)


def _en_html(texte: str) -> str:
    # A space typed as such is a character, not the reference that editors put everywhere.
    return str(en_html(texte)).strip().replace(">\n", ">").replace("&nbsp;", "\xa0")


def ecrire(texte: str) -> str:
    """Return what an element holds of a long text: HTML when it fits, else the text without its form."""
    if not mis_en_forme(texte):
        return _brut(texte)
    en_forme = _en_html(texte)
    if len(en_forme) > MAXIMUM or not _relu(en_forme, texte):
        return _brut(texte)
    try:
        en_forme.encode(ENCODAGE)
    except UnicodeEncodeError:
        return escape(en_forme)
    return f"<![CDATA[{en_forme}]]>"


def _brut(texte: str) -> str:
    """Return a text without form; what looks like markup in it is protected, so that it is read as text."""
    if ("<" in texte or "&" in texte) and not _relu(texte, texte):
        protege = html.escape(texte, quote=False)
        if len(protege) <= MAXIMUM:
            return escape(protege)
    return escape(texte)


def _relu(ecrit: str, texte: str) -> bool:
    """Return whether reading what is written gives the text back."""
    try:
        return lire_texte(ecrit if "<" in ecrit else html.unescape(ecrit)) == texte.strip()
    except ValidationError:
        return False


def ligne(texte: str) -> str:
    """Return what an element holds of a short text."""
    if "&" in texte and html.unescape(texte) != texte:
        # « &eacute; » typed as such: the reader would take it for the letter.
        texte = html.escape(texte, quote=False)
    return escape(texte)


def attribut(texte: str) -> str:
    """Return the value of an attribute."""
    return escape(texte, {'"': "&quot;"})
