"""Normalisation of what users type, paste or send, before any validation; one function per kind of value.

A line of text, a code, a number, an identifier; dates are in `edof/dates.py`. Model fields, form fields,
lookups and imports all use these functions, so that every entry point accepts the same forms. Nothing here
decides which values are valid.
"""

import re
import unicodedata

# Characters without width or that look blank: soft hyphens, joiners, direction marks, variation selectors,
# tags…
SANS_FORME = (
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_INVISIBLES = re.compile(f"[{SANS_FORME}]")
# Line ends of various programs; a tab is treated as one too. The lookbehind makes a run of spaces match only
# from its beginning, so that it is read once.
_FINS_DE_LIGNE = re.compile(
    r"(?<![^\S\xa0\u2007\u202f])[^\S\xa0\u2007\u202f]*[\t\n\v\f\r\x85\u2028\u2029][\s]*"
)
_TIRETS = re.compile("[\u02d7\u2010-\u2015\u2043\u2212\ufe58\ufe63\uff0d]")
_APOSTROPHES = re.compile("[\u02b9\u02bc\u2018\u2019\u2032\uff07]")
# Spaces, dots, dashes and slashes: the separators people put inside a code that machines read in one piece.
_SEPARATEURS = re.compile(r"[\s.\-/\u2044\u2215_]+")

# Symbol and Wingdings put their drawings where Unicode has no letter: other fonts show an empty box.
_DESSINS = {
    "\uf0e0": "→", "\uf0e8": "→", "\uf0f0": "→", "\uf0ae": "→", "\uf0fc": "✓", "\uf0fe": "✓",
    "\uf0a7": "▪", "\uf06e": "▪", "\uf0d8": "➢", "\uf076": "❖",
}  # fmt: skip
_DESSIN = re.compile("[\uf020-\uf0ff]")
# Such a drawing at the start of a line is a bullet. Word also pastes the bullets of its plain texts as a
# letter and a tab.
_PUCE = re.compile("^[ \t\xa0]*(?:[\uf020-\uf0ff][ \t\xa0]*|[·•▪◦§oØüvà–-]\t[ \t\xa0]*)", re.M)


def sans_invisibles(texte: str) -> str:
    """Return the text without its invisible characters, for values that a machine reads letter by letter."""
    return _INVISIBLES.sub("", texte)


def en_texte_simple(texte: str) -> str:
    """Return the text reduced to its simplest form.

    No invisible character, one form for each letter (NFKC), plain hyphens and apostrophes, one space for any
    run of spaces, none around.
    """
    if texte.isascii():
        return " ".join(texte.split())
    simple = _TIRETS.sub("-", unicodedata.normalize("NFKC", _TIRETS.sub("-", sans_invisibles(texte))))
    return " ".join(_APOSTROPHES.sub("'", simple).split())


def lire_ligne(texte: str) -> str:
    """Return the text on one line.

    Line ends become spaces, and the drawings of Symbol and Wingdings become characters that every font can
    show.
    """
    if texte.isprintable():
        # Neither a line end nor a drawing.
        return texte.strip()
    return dessins_lisibles(_FINS_DE_LIGNE.sub(" ", texte)).strip()


def lire_lignes(texte: str) -> str:
    """Return a short text of several lines, where one character ends a line, as a browser counts it."""
    return dessins_lisibles(re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", texte)).strip()


def lire_identifiant(texte: str) -> str:
    """Return the identifier as it is displayed: no invisible character, plain spaces only, none around."""
    if texte.isascii() and texte.isprintable():
        return texte.strip()
    return re.sub(r"\s", " ", sans_invisibles(re.sub(r"\r\n", " ", texte))).strip()


def lire_code(texte: str) -> str:
    """Return a code in one piece, in capitals, without separators.

    Examples of input: « 356 000 000 09075 », « rncp n° 38413 ».
    """
    return _SEPARATEURS.sub("", en_texte_simple(texte.replace("º", "°"))).upper().replace("N°", "")


def lire_code_postal(texte: str, pays: str = "") -> str:
    """Return the postal code; with `pays` FR, « 94 550 » and « F-94550 » both give 94550.

    In other countries the separators belong to the code: « SW1A 1AA ».
    """
    if pays == "FR":
        return re.sub("^FR?(?=[0-9])", "", lire_code(texte))
    return en_texte_simple(texte)


# As in static/js/prix.js.
_A_L_ANGLAISE = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+\.[0-9]+")


def lire_nombre(texte: str) -> str:
    """Return the number as Python writes it: « 5 000,00 € », « 5.000,00 euros », « 5,000.00 » give 5000.00.

    Anything else is returned simplified, for the field to refuse.
    """
    nombre = re.sub(r"(€|euros?|eur)\Z", "", re.sub(r"\s", "", en_texte_simple(texte)), flags=re.IGNORECASE)
    if _A_L_ANGLAISE.fullmatch(nombre):
        return nombre.replace(",", "")
    return nombre.replace(".", "").replace(",", ".") if "," in nombre else nombre


def lire_prix(texte: str) -> str:
    """Return the price as Python writes it: as `lire_nombre`, but « 1.250 » gives 1250.

    A price has two decimals at most: three figures are thousands.
    """
    nombre = lire_nombre(texte)
    if re.fullmatch(r"[1-9][0-9]{0,2}(?:\.[0-9]{3})+", nombre):
        return nombre.replace(".", "")
    return nombre


def en_minuscules(texte: str) -> str:
    """Return the text simplified, in small letters, without the sign that ends a sentence."""
    return en_texte_simple(texte).lower().strip(" .,;")


_OUI = frozenset(
    ("oui", "o", "yes", "y", "vrai", "true", "1", "x", "✓", "✔", "☑", "✅", "ok", "garantie", "garanti")
)
_NON = frozenset(("non", "n", "no", "faux", "false", "0", "☐", "non garantie", "non garanti", "pas garantie"))


def lire_oui_non(texte: str) -> bool | None:
    """Return the answer that a cell of a spreadsheet holds, None for none.

    Raise ValueError when it is neither yes nor no.
    """
    ecrit = en_minuscules(texte)
    if ecrit and ecrit not in _OUI | _NON:
        raise ValueError(texte)
    return ecrit in _OUI if ecrit else None


def dessins_lisibles(texte: str) -> str:
    """Replace the drawings of Symbol and Wingdings with characters that every font can show."""
    return _DESSIN.sub(lambda dessin: _DESSINS.get(dessin[0], "•"), texte)


def puces_lisibles(texte: str) -> str:
    """Return the same as `dessins_lisibles`, with « - » in place of the drawings that begin a line."""
    if "\t" not in texte and (texte.isascii() or not _DESSIN.search(texte)):
        return texte
    return dessins_lisibles(_PUCE.sub("- ", texte))


# The greatest key of a PostgreSQL `bigint` column.
CLE_AU_PLUS = 2**63 - 1


def lire_cle(valeur: object) -> int | None:
    """Return the primary key that was typed or sent, as text or as a number; None when it is not one."""
    if isinstance(valeur, str) and re.fullmatch("[0-9]{1,19}", valeur):
        valeur = int(valeur)
    return valeur if type(valeur) is int and 0 < valeur <= CLE_AU_PLUS else None
