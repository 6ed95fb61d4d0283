"""Normalisation of what users type, paste or send, before any validation; one function per kind of value.

A line of text, a code, a date, a number, an identifier: model fields, form fields, lookups and imports all
use these functions, so that every entry point accepts the same forms. Nothing here decides which values are
valid.
"""

import datetime as dt
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

_MOIS = {
    nom: rang
    for rang, noms in enumerate(
        (
            "janvier janv jan", "fevrier fevr fev", "mars mar", "avril avr", "mai", "juin",
            "juillet juil jul",
            "aout aou", "septembre sept sep", "octobre oct", "novembre nov", "decembre dec",
        ),
        1,
    )
    for nom in noms.split()
}  # fmt: skip
_JOURS = "lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche"
_DATE_EN_CHIFFRES = re.compile(
    r"([0-9]{1,2})(?: ?([/.-]) ?| )([0-9]{1,2})(?: ?([/.-]) ?| )([0-9]{4}|[0-9]{2})"
)
_DATE_D_UN_BLOC = re.compile(r"([0-9]{2})()([0-9]{2})()([0-9]{4})")
_DATE_ISO = re.compile(r"([0-9]{4})([/.-])([0-9]{1,2})\2([0-9]{1,2})")
_DATE_EN_LETTRES = re.compile(
    rf"(?:le )?(?:(?:{_JOURS}),? )?(?:le )?([0-9]{{1,2}})(?:er)?[ -]?([a-z]+)\.?[ -]([0-9]{{4}})"
)


def sans_invisibles(texte: str) -> str:
    """Return the text without its invisible characters, for values that a machine reads letter by letter."""
    return _INVISIBLES.sub("", texte)


def en_texte_simple(texte: str) -> str:
    """Return the text reduced to its simplest form.

    No invisible character, one form for each letter (NFKC), plain hyphens and apostrophes, one space for any
    run of spaces, none around.
    """
    simple = _TIRETS.sub("-", unicodedata.normalize("NFKC", _TIRETS.sub("-", sans_invisibles(texte))))
    return " ".join(_APOSTROPHES.sub("'", simple).split())


def lire_ligne(texte: str) -> str:
    """Return the text on one line.

    Line ends become spaces, and the drawings of Symbol and Wingdings become characters that every font can
    show.
    """
    return dessins_lisibles(_FINS_DE_LIGNE.sub(" ", texte)).strip()


def lire_lignes(texte: str) -> str:
    """Return a short text of several lines, where one character ends a line, as a browser counts it."""
    return dessins_lisibles(re.sub(r"\r\n?|[\v\f\x85\u2028\u2029]", "\n", texte)).strip()


def lire_identifiant(texte: str) -> str:
    """Return the identifier as it is displayed: no invisible character, plain spaces only, none around."""
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


def lire_nombre(texte: str) -> str:
    """Return the number as Python writes it: « 5 000,00 € » and « 5.000,00 euros » give 5000.00.

    Anything else is returned simplified, for the field to refuse.
    """
    nombre = re.sub(r"(€|euros?|eur)\Z", "", re.sub(r"\s", "", en_texte_simple(texte)), flags=re.IGNORECASE)
    return nombre.replace(".", "").replace(",", ".") if "," in nombre else nombre


def lire_date(texte: str) -> dt.date:
    """Return the date written in one of the usual forms.

    Raise ValueError when it is none of them, or ambiguous (« 010927 »). Accepted: « 01/09/2027 », « 1.9.27 »,
    « 01092027 », « 2027-09-01 », « 1er sept. 2027 ».
    """
    ecrit = en_texte_simple(texte).lower().strip(" .,;")
    if iso := _DATE_ISO.fullmatch(ecrit):
        return dt.date(int(iso[1]), int(iso[3]), int(iso[4]))
    if chiffres := _DATE_EN_CHIFFRES.fullmatch(ecrit) or _DATE_D_UN_BLOC.fullmatch(ecrit):
        jour, signe, mois, autre_signe, annee = chiffres.groups()
        if signe != autre_signe:
            raise ValueError(texte)
        return dt.date(int(annee) + (2000 if len(annee) == 2 else 0), int(mois), int(jour))
    nu = "".join(
        lettre for lettre in unicodedata.normalize("NFD", ecrit) if not unicodedata.combining(lettre)
    )
    if lettres := _DATE_EN_LETTRES.fullmatch(nu):
        return dt.date(int(lettres[3]), _MOIS.get(lettres[2], 0), int(lettres[1]))
    raise ValueError(texte)


def dessins_lisibles(texte: str) -> str:
    """Replace the drawings of Symbol and Wingdings with characters that every font can show."""
    return _DESSIN.sub(lambda dessin: _DESSINS.get(dessin[0], "•"), texte)


def puces_lisibles(texte: str) -> str:
    """Return the same as `dessins_lisibles`, with « - » in place of the drawings that begin a line."""
    return dessins_lisibles(_PUCE.sub("- ", texte))


# The greatest key of a PostgreSQL `bigint` column.
CLE_AU_PLUS = 2**63 - 1


def lire_cle(valeur: object) -> int | None:
    """Return the primary key that was typed or sent, as text or as a number; None when it is not one."""
    if isinstance(valeur, str) and re.fullmatch("[0-9]{1,19}", valeur):
        valeur = int(valeur)
    return valeur if type(valeur) is int and 0 < valeur <= CLE_AU_PLUS else None
