"""The reading of the dates that users type, paste or send: alone, in a cell of a spreadsheet, by two.

Every entry point accepts the same forms. Nothing here decides which dates are valid for a field.
"""

import calendar
import datetime as dt
import re
import unicodedata
from dataclasses import dataclass

from edof.lecture import en_minuscules

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
# « lun. », « Lundi », before a date in figures; « mars » is a month.
_AVANT_LA_DATE = re.compile(rf"(?:le )?(?:{_JOURS}|{_JOURS_COURTS}),? (?:le )?(?=[0-9])")
_DATE_EN_LETTRES = re.compile(
    rf"(?:le )?(?:(?:{_JOURS}|{_JOURS_COURTS}),? )?(?:le )?([0-9]{{1,2}})(?:er)?"
    r"[ -]?([a-z]+)\.?[ -]([0-9]{4}|[0-9]{2})"
)
_JOUR_DE_LA_SEMAINE = re.compile(rf"(?:le )?({_JOURS}|lun|mar|mer|jeu|ven|sam|dim)\b")
_PARENTHESE = re.compile(r" ?\([^()]*\)$")
# One hour or several, at the end of a date: « à 9 h », « 9h-12h30 / 13h30-17h », « matin ».
_UNE_HEURE = "[0-9]{1,2} ?[:h] ?[0-9]{0,2}"
_HEURE = re.compile(
    rf"(?:,? | ?t| - )(?:(?:a|de|des) )?\(?(?:{_UNE_HEURE}(?::[0-9]{{2}})?(?:\.[0-9]+)?"
    r"(?:z|[+-][0-9]{2}:?[0-9]{2})?"
    rf"(?: ?(?:-|a|/|et|,|;) ?{_UNE_HEURE})*|matin|matinee|midi|apres[ -]midi|soir|soiree|journee)\)?$"
)
# Days since 30 December 1899, as spreadsheets count them, with the hour after the point: from 1982 to 2064.
_NUMERO_DE_JOUR = re.compile(r"([3-5][0-9]{4}|60000)(?:[.,][0-9]+)?")
# Before, a cell holds a number that is shown as a date (1900, 1904), or a slip.
ANNEE_AU_MOINS = 1950
_SANS_ANNEE = re.compile(rf"(?:(?:{_JOURS}),? )?[0-9]{{1,2}}(?:er)?(?:[/.-][0-9]{{1,2}}|[ -]?[a-z]{{3,}}\.?)")
_MOIS_EN_CHIFFRES = re.compile(r"([0-9]{4})[-/.]([0-9]{1,2})|([0-9]{1,2})[-/.]([0-9]{4})")
_MOIS_EN_LETTRES = re.compile(r"(?:en )?([a-z]+)\.?[ -]([0-9]{4})")
_ANNEE_SEULE = re.compile(r"(?:en )?([0-9]{4})")
_SANS_JOUR = re.compile(r"[a-z]{3,}\.?[ -/][0-9]{2,4}|[0-9]{1,2}/[0-9]{4}")


def lire_date(texte: str) -> dt.date:
    """Return the date written in one of the usual forms.

    Raise ValueError when it is none of them, or ambiguous (« 010927 »). Accepted: « 01/09/2027 », « 1.9.27 »,
    « 01092027 », « 2027-09-01 », « 1er sept. 2027 », « 1-sept-27 ».
    """
    ecrit = _AVANT_LA_DATE.sub("", en_minuscules(texte))
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


def lire_jours(texte: str) -> tuple[dt.date, dt.date]:
    """Return the first and the last day of what is written: a day, « mars 2027 », « 03/2027 », « 2027 ».

    Only for bounds that one searches between: elsewhere a date is a day. Raise ValueError as `lire_date`.
    """
    ecrit = _sans_accents(en_minuscules(texte))
    annee, mois = 0, 0
    if chiffres := _MOIS_EN_CHIFFRES.fullmatch(ecrit):
        annee, mois = int(chiffres[1] or chiffres[4]), int(chiffres[2] or chiffres[3])
    elif (lettres := _MOIS_EN_LETTRES.fullmatch(ecrit)) and lettres[1] in _MOIS:
        annee, mois = int(lettres[2]), _MOIS[lettres[1]]
    elif seule := _ANNEE_SEULE.fullmatch(ecrit):
        return dt.date(int(seule[1]), 1, 1), dt.date(int(seule[1]), 12, 31)
    if annee:
        return dt.date(annee, mois, 1), dt.date(annee, mois, calendar.monthrange(annee, mois)[1])
    jour = lire_date(texte)
    return jour, jour


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
    ecrit = _sans_accents(en_minuscules(texte))
    if numero := _NUMERO_DE_JOUR.fullmatch(ecrit):
        jour = dt.date(1899, 12, 30) + dt.timedelta(int(numero[1]))
        return DateDeCellule(jour, (f"« {ecrit} », nombre d'Excel, lu {jour:%d/%m/%Y}",))
    reserves = []
    if heure := _HEURE.search(ecrit):
        ecrit = ecrit[: heure.start()].strip()
        reserves.append("heure retirée")
    ecrit = _PARENTHESE.sub("", ecrit)
    try:
        jour = _d_un_bloc(ecrit) or lire_date(ecrit)
    except ValueError as erreur:
        raise ValueError(_refus_de_date(ecrit)) from erreur
    if jour.year < ANNEE_AU_MOINS:
        raise ValueError("cette année n'est pas la bonne.")
    nom = _JOUR_DE_LA_SEMAINE.match(ecrit)
    if nom and not (vrai := _JOURS.split("|")[jour.weekday()]).startswith(nom[1]):
        dit = next(entier for entier in _JOURS.split("|") if entier.startswith(nom[1]))
        reserves.append(f"le {jour:%d/%m/%Y} est un {vrai}, pas un {dit}")
    return DateDeCellule(jour, tuple(reserves))


_PAS_UNE_DATE = "ce n'est pas une date."
# What stands between the two days of « du 3 au 7 mars 2027 », « 03/03-07/03/27 », « 2027-03-01/2027-03-05 ».
_ENTRE_DEUX = re.compile(
    r"\s*(?:\bjusqu'au\b|\bau\b|\ba\b|\bet\b|->|=>|[→➔>]|\s-\s"
    r"|(?:(?<=[0-9])|(?<=er))\.?-(?=[0-9]{1,2} [a-z]|[0-9]{1,2}[/.][0-9]{1,2}[/.][0-9]{2,4}$))\s*"
    r"|(?<=[0-9]{4}-[0-9]{2}-[0-9]{2})/(?=[0-9]{4}-)|(?<=[0-9]{4}) (?=[0-9]{1,2}[/.])"
)
_AVANT = re.compile(
    r"(?:(?:dates?|periode|session) ?:? )?(?:(?:du|des?|les?|entre(?: le)?)\s+)?",
)
_PAS_DEUX_JOURS = f"{_PAS_UNE_DATE} Écrivez le premier et le dernier jour : « du 03/03/2027 au 07/03/2027 »."


def lire_periode_de_cellule(texte: str) -> tuple[DateDeCellule, DateDeCellule]:
    """Return the two days of a cell: « du 3 au 7 mars 2027 », « 03/03/2027 - 07/03/2027 ».

    A first day without its month or its year takes those of the second. One day alone begins and ends.
    Raise ValueError with a French sentence.
    """
    ecrit = _AVANT.sub("", _sans_accents(en_minuscules(texte)), count=1)
    for milieu in _ENTRE_DEUX.finditer(ecrit):
        gauche, droite = ecrit[: milieu.start()].strip(), ecrit[milieu.end() :].strip()
        try:
            fin = lire_date_de_cellule(droite)
        except ValueError:
            if _SANS_ANNEE.fullmatch(droite):
                raise ValueError("il manque l'année.") from None
            continue
        try:
            debut = lire_date_de_cellule(_completer(gauche, fin.jour))
        except ValueError as erreur:
            raise ValueError(_PAS_DEUX_JOURS if str(erreur) == _PAS_UNE_DATE else str(erreur)) from None
        if milieu[0].strip() == "et":
            lus = f"« et », lu du {debut.jour:%d/%m/%Y} au {fin.jour:%d/%m/%Y}"
            debut = DateDeCellule(debut.jour, (*debut.reserves, lus))
        return debut, fin
    try:
        seul = lire_date_de_cellule(ecrit)
    except ValueError as erreur:
        raise ValueError(_PAS_DEUX_JOURS if str(erreur) == _PAS_UNE_DATE else str(erreur)) from None
    return seul, seul


def _completer(ecrit: str, fin: dt.date) -> str:
    """Return the first day of a period with the month and the year that only the last one says."""
    sans_jour = _AVANT_LA_DATE.sub("", ecrit)
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
    ecrit = _AVANT_LA_DATE.sub("", ecrit)
    chiffres = _DATE_EN_CHIFFRES.fullmatch(ecrit)
    if chiffres and int(chiffres[3]) > 12 and 0 < int(chiffres[1]) <= 12:
        return "le jour et le mois sont inversés : écrivez jj/mm/aaaa."
    if chiffres or _DATE_EN_LETTRES.fullmatch(ecrit) or _DATE_ISO.fullmatch(ecrit):
        return "ce jour n'existe pas."
    if _SANS_JOUR.fullmatch(ecrit):
        return "il manque le jour."
    if _SANS_ANNEE.fullmatch(ecrit):
        return "il manque l'année."
    return _PAS_UNE_DATE


def retourner_jour_et_mois(texte: str) -> tuple[int, int, int] | None:
    """Return day, month and year of a date whose month was written first: « 09/31/2027 » gives 31, 9, 2027.

    None when it is not such a date. The day may be one that the month does not have.
    """
    chiffres = _DATE_EN_CHIFFRES.fullmatch(en_minuscules(texte))
    if not chiffres or int(chiffres[3]) <= 12 or not 0 < int(chiffres[1]) <= 12 or int(chiffres[3]) > 31:
        return None
    return int(chiffres[3]), int(chiffres[1]), _annee(chiffres[5])


def dates_en_chiffres(texte: str) -> list[str]:
    """Return the dates in figures that a text holds, as they are written."""
    return _DES_DATES.findall(texte)


def jour_d_abord(texte: str) -> bool:
    """Return whether a date can only be read with the day first: « 31/03/2027 »."""
    chiffres = _DATE_EN_CHIFFRES.fullmatch(en_minuscules(texte))
    return chiffres is not None and int(chiffres[1]) > 12


def mois_ou_jour(texte: str) -> dt.date | None:
    """Return the date with its month read first, when its day could be read first too: « 03/01/2027 »."""
    chiffres = _DATE_EN_CHIFFRES.fullmatch(en_minuscules(texte))
    if not chiffres or int(chiffres[1]) > 12 or int(chiffres[3]) > 12 or int(chiffres[1]) == int(chiffres[3]):
        return None
    return dt.date(_annee(chiffres[5]), int(chiffres[1]), int(chiffres[3]))
