"""Light markup written as HTML at once, when nothing in the text is ambiguous: almost always.

Paragraphs, lists of one level and bold words are what people write. A text that holds anything else is left
to the library (`edof/texte_leger.py`); a test compares both on texts of all kinds.
"""

import re

# Bold that begins and ends with a letter or a digit is bold wherever it stands.
_GRAS = re.compile(r"\*\*(?=[^\W_])([^*_\n]*)(?<=[^\W_])\*\*")
# What the library reads in its own way, at the edges of a line or in it.
_AMBIGU = re.compile(r"^(?:[^\S\n]|-(?! [^\s-]))|[^\S\n]$|[\t\r\0\x0b\x0c\x1c-\x1f\x85\u2028\u2029*_]", re.M)
_LIGNES_VIDES = re.compile(r"\n{2,}")
_ECHAPPES = {"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;"}


def rendre(texte: str) -> str | None:
    """Return the HTML of a text as the library writes it, or None when the library must read it."""
    if "****" in texte or _AMBIGU.search(_GRAS.sub(r"x\1x", texte)) or not texte.strip():
        return None
    for signe, echappe in _ECHAPPES.items():
        texte = texte.replace(signe, echappe)
    blocs: list[str] = []
    for groupe in _LIGNES_VIDES.split(_GRAS.sub(r"<strong>\1</strong>", texte).strip("\n")):
        lignes = groupe.split("\n")
        debut = next((rang for rang, ligne in enumerate(lignes) if ligne.startswith("-")), len(lignes))
        paragraphe, puces = lignes[:debut], lignes[debut:]
        en_suite = not paragraphe and bool(blocs) and blocs[-1].startswith("<ul>")
        if en_suite or not all(puce.startswith("-") for puce in puces):
            # Two lists with a blank line between them are one; a line that follows an item belongs to it.
            return None
        if paragraphe:
            blocs.append("<p>" + "<br>\n".join(paragraphe) + "</p>\n")
        if puces:
            blocs.append("<ul>\n" + "".join(f"<li>{puce[2:]}</li>\n" for puce in puces) + "</ul>\n")
    return "".join(blocs)
