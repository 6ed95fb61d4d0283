"""Normalisation of what users type, paste or send, before any validation; one function per kind of value.

A line of text, a code, a date, a number, an identifier: model fields, form fields, lookups and imports all
use these functions, so that every entry point accepts the same forms. Nothing here decides which values are
valid.
"""

import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

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
_JOURS_COURTS = r"(?:lun|mar|mer|jeu|ven|sam|dim)\.?"
_DATE_EN_CHIFFRES = re.compile(
    r"([0-9]{1,2})(?: ?([/.-]) ?| )([0-9]{1,2})(?: ?([/.-]) ?| )([0-9]{4}|[0-9]{2})"
)
_DES_DATES = re.compile(r"(?<![0-9/.-])[0-9]{1,2}[/.-][0-9]{1,2}[/.-][0-9]{2,4}(?![0-9/.-])")
_DATE_D_UN_BLOC = re.compile(r"([0-9]{2})()([0-9]{2})()([0-9]{4})")
_DATE_ISO = re.compile(r"([0-9]{4})([/.-])([0-9]{1,2})\2([0-9]{1,2})")
_DATE_EN_LETTRES = re.compile(
    rf"(?:le )?(?:(?:{_JOURS}|{_JOURS_COURTS}),? )?(?:le )?([0-9]{{1,2}})(?:er)?"
    r"[ -]?([a-z]+)\.?[ -]([0-9]{4}|[0-9]{2})"
)
_JOUR_DE_LA_SEMAINE = re.compile(rf"(?:le )?({_JOURS})\b")
_PARENTHESE = re.compile(r" ?\([^()]*\)$")
_HEURE = re.compile(r"(?:[ t]| a )[0-9]{1,2} ?[:h] ?[0-9]{0,2}(?::[0-9]{2})?(?:\.[0-9]+)?z?")
# Days since 30 December 1899, as spreadsheets count them: from 1982 to 2064.
_NUMERO_DE_JOUR = re.compile("[3-5][0-9]{4}|60000")
_SANS_ANNEE = re.compile(rf"(?:(?:{_JOURS}),? )?[0-9]{{1,2}}(?:er)?(?:[/.-][0-9]{{1,2}}|[ -]?[a-z]{{3,}}\.?)")
_SANS_JOUR = re.compile(r"[a-z]{3,}\.?[ -/][0-9]{2,4}|[0-9]{1,2}/[0-9]{4}")


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


def lire_nombre(texte: str) -> str:
    """Return the number as Python writes it: « 5 000,00 € » and « 5.000,00 euros » give 5000.00.

    Anything else is returned simplified, for the field to refuse.
    """
    nombre = re.sub(r"(€|euros?|eur)\Z", "", re.sub(r"\s", "", en_texte_simple(texte)), flags=re.IGNORECASE)
    return nombre.replace(".", "").replace(",", ".") if "," in nombre else nombre


def lire_date(texte: str) -> dt.date:
    """Return the date written in one of the usual forms.

    Raise ValueError when it is none of them, or ambiguous (« 010927 »). Accepted: « 01/09/2027 », « 1.9.27 »,
    « 01092027 », « 2027-09-01 », « 1er sept. 2027 », « 1-sept-27 ».
    """
    ecrit = _minuscules(texte)
    if iso := _DATE_ISO.fullmatch(ecrit):
        return dt.date(int(iso[1]), int(iso[3]), int(iso[4]))
    if chiffres := _DATE_EN_CHIFFRES.fullmatch(ecrit) or _DATE_D_UN_BLOC.fullmatch(ecrit):
        jour, signe, mois, autre_signe, annee = chiffres.groups()
        if signe != autre_signe:
            raise ValueError(texte)
        return dt.date(_annee(annee), int(mois), int(jour))
    if lettres := _DATE_EN_LETTRES.fullmatch(_sans_accents(ecrit)):
        return dt.date(_annee(lettres[3]), _MOIS.get(lettres[2], 0), int(lettres[1]))
    raise ValueError(texte)


def _minuscules(texte: str) -> str:
    return en_texte_simple(texte).lower().strip(" .,;")


def _sans_accents(texte: str) -> str:
    return "".join(
        lettre for lettre in unicodedata.normalize("NFD", texte) if not unicodedata.combining(lettre)
    )


def _annee(chiffres: str) -> int:
    """Return the year; of two digits, those up to 79 are of this century."""
    annee = int(chiffres)
    return annee if len(chiffres) == 4 else annee + (2000 if annee < 80 else 1900)


@dataclass(frozen=True)
class DateDeCellule:
    """A date read in a cell of a spreadsheet, with what was assumed, in words."""

    jour: dt.date
    reserves: tuple[str, ...] = ()


def lire_date_de_cellule(texte: str) -> DateDeCellule:
    """Return the date of a cell of a spreadsheet: what `lire_date` reads, and what only a cell holds.

    A time is dropped, a bare number is a count of days, a day of the week is checked: each is a reserve.
    Raise ValueError with a French sentence, which says what is wrong.
    """
    ecrit = _sans_accents(_minuscules(texte))
    if _NUMERO_DE_JOUR.fullmatch(ecrit):
        jour = dt.date(1899, 12, 30) + dt.timedelta(int(ecrit))
        return DateDeCellule(jour, (f"« {ecrit} », nombre d'Excel, lu {jour:%d/%m/%Y}",))
    reserves = []
    if heure := _HEURE.search(ecrit):
        if heure.end() != len(ecrit):
            raise ValueError(_refus_de_date(ecrit))
        ecrit = ecrit[: heure.start()].strip()
        reserves.append("heure retirée")
    ecrit = _PARENTHESE.sub("", ecrit)
    try:
        jour = _d_un_bloc(ecrit) or lire_date(ecrit)
    except ValueError as erreur:
        raise ValueError(_refus_de_date(ecrit)) from erreur
    nom = _JOUR_DE_LA_SEMAINE.match(ecrit)
    if nom and nom[1] != (vrai := _JOURS.split("|")[jour.weekday()]):
        reserves.append(f"le {jour:%d/%m/%Y} est un {vrai}, pas un {nom[1]}")
    return DateDeCellule(jour, tuple(reserves))


# What stands between the two days of « du 3 au 7 mars 2027 ».
_ENTRE_DEUX = re.compile(
    r"\s*(?:\bjusqu'au\b|\bau\b|\ba\b|\bet\b|->|=>|[→➔>]|\s-\s|(?<=[0-9])-(?=[0-9]{1,2} [a-z]))\s*"
)
_AVANT = re.compile(r"(?:du|de|des|le|les|entre le|entre|periode du)\s+")


def lire_periode_de_cellule(texte: str) -> tuple[DateDeCellule, DateDeCellule]:
    """Return the two days of a cell: « du 3 au 7 mars 2027 », « 03/03/2027 - 07/03/2027 ».

    A first day without its month or its year takes those of the second. One day alone begins and ends.
    Raise ValueError with a French sentence.
    """
    ecrit = _AVANT.sub("", _sans_accents(_minuscules(texte)), count=1)
    for milieu in _ENTRE_DEUX.finditer(ecrit):
        gauche, droite = ecrit[: milieu.start()].strip(), ecrit[milieu.end() :].strip()
        try:
            fin = lire_date_de_cellule(droite)
        except ValueError:
            continue
        return lire_date_de_cellule(_completer(gauche, fin.jour)), fin
    seul = lire_date_de_cellule(ecrit)
    return seul, seul


def _completer(ecrit: str, fin: dt.date) -> str:
    """Return the first day of a period with the month and the year that only the last one says."""
    sans_jour = re.sub(rf"^(?:{_JOURS}),? ", "", ecrit)
    if re.fullmatch(r"[0-9]{1,2}(?:er)?", sans_jour):
        jour = int(sans_jour.removesuffix("er"))
        annee, mois = (
            (fin.year, fin.month) if jour <= fin.day else (fin.year - (fin.month == 1), fin.month - 1 or 12)
        )
        return f"{jour}/{mois}/{annee}"
    if re.fullmatch(r"[0-9]{1,2}[/.-][0-9]{1,2}", sans_jour):
        signe = re.sub(r"[0-9]", "", sans_jour)
        annee = fin.year - (int(sans_jour.split(signe)[1]) > fin.month)
        return f"{sans_jour}{signe}{annee}"
    if lettres := re.fullmatch(r"[0-9]{1,2}(?:er)? ?([a-z]+)\.?", sans_jour):
        annee = fin.year - (_MOIS.get(lettres[1], 0) > fin.month)
        return f"{sans_jour.rstrip('.')} {annee}"
    return ecrit


def _d_un_bloc(ecrit: str) -> dt.date | None:
    """Return the date of « 20270301 », as programs write it; None when it is none, or another one too."""
    if (lue := re.fullmatch("(20[0-9]{2})([0-9]{2})([0-9]{2})", ecrit)) is None or int(ecrit[2:4]) <= 12:
        return None
    return dt.date(int(lue[1]), int(lue[2]), int(lue[3]))


def _refus_de_date(ecrit: str) -> str:
    """Return why a text in small letters, without accents, is no date."""
    chiffres = _DATE_EN_CHIFFRES.fullmatch(ecrit)
    if chiffres and int(chiffres[3]) > 12 and 0 < int(chiffres[1]) <= 12:
        return "le jour et le mois sont inversés : écrivez jj/mm/aaaa."
    if chiffres or _DATE_EN_LETTRES.fullmatch(ecrit) or _DATE_ISO.fullmatch(ecrit):
        return "ce jour n'existe pas."
    if _SANS_JOUR.fullmatch(ecrit):
        return "il manque le jour."
    if _SANS_ANNEE.fullmatch(ecrit):
        return "il manque l'année."
    return "ce n'est pas une date."


def retourner_jour_et_mois(texte: str) -> tuple[int, int, int] | None:
    """Return day, month and year of a date whose month was written first: « 09/31/2027 » gives 31, 9, 2027.

    None when it is not such a date. The day may be one that the month does not have.
    """
    chiffres = _DATE_EN_CHIFFRES.fullmatch(_minuscules(texte))
    if not chiffres or int(chiffres[3]) <= 12 or not 0 < int(chiffres[1]) <= 12 or int(chiffres[3]) > 31:
        return None
    return int(chiffres[3]), int(chiffres[1]), _annee(chiffres[5])


def dates_en_chiffres(texte: str) -> list[str]:
    """Return the dates in figures that a text holds, as they are written."""
    return _DES_DATES.findall(texte)


def jour_d_abord(texte: str) -> bool:
    """Return whether a date can only be read with the day first: « 31/03/2027 »."""
    chiffres = _DATE_EN_CHIFFRES.fullmatch(_minuscules(texte))
    return chiffres is not None and int(chiffres[1]) > 12


def mois_ou_jour(texte: str) -> dt.date | None:
    """Return the date with its month read first, when its day could be read first too: « 03/01/2027 »."""
    chiffres = _DATE_EN_CHIFFRES.fullmatch(_minuscules(texte))
    if not chiffres or int(chiffres[1]) > 12 or int(chiffres[3]) > 12 or int(chiffres[1]) == int(chiffres[3]):
        return None
    return dt.date(_annee(chiffres[5]), int(chiffres[1]), int(chiffres[3]))


_OUI = frozenset(
    ("oui", "o", "yes", "y", "vrai", "true", "1", "x", "✓", "✔", "☑", "✅", "ok", "garantie", "garanti")
)
_NON = frozenset(("non", "n", "no", "faux", "false", "0", "☐", "non garantie", "non garanti", "pas garantie"))


def lire_oui_non(texte: str) -> bool | None:
    """Return the answer that a cell of a spreadsheet holds, None for none.

    Raise ValueError when it is neither yes nor no.
    """
    ecrit = _minuscules(texte)
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
