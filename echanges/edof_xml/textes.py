"""How a text is written in EDOF's XML: as HTML when it has some form, as it is otherwise (D-43).

A character that ISO-8859-1 does not have is written as a reference, which any XML reader gives back: nothing
is replaced. References mean nothing inside CDATA, which is then left out.
"""

import html
from xml.sax.saxutils import escape

from django.core.exceptions import ValidationError

from echanges.edof_xml.valeurs import lire_texte
from edof.texte_leger import MAXIMUM, en_forme, html_pour_edof

ENCODAGE = "ISO-8859-1"


def ecrire(texte: str) -> str:
    """Return what an element holds of a long text: HTML when it fits, else the text without its form."""
    if not en_forme(texte):
        return _brut(texte)
    ecrit = html_pour_edof(texte)
    if len(ecrit) > MAXIMUM or not _relu(ecrit, texte):
        return _brut(texte)
    try:
        ecrit.encode(ENCODAGE)
    except UnicodeEncodeError:
        return escape(ecrit)
    return f"<![CDATA[{ecrit}]]>"


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
