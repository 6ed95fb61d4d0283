"""How the cells of a workbook show their values: what a number is, and what is struck through."""

import re
from typing import Any

from openpyxl.styles.numbers import BUILTIN_FORMATS, is_date_format, is_timedelta_format

# Formats that give a number its leading zeros, after a few letters at most: « 00000 », « "S-"000 ».
_ZEROS = re.compile(r'(?:"([^"]{1,20})"|\\?([A-Za-z-]))?(0{2,30})')
# What a format says beside the signs of dates: texts, colours, languages, escaped signs.
_HORS_DES_DATES = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.|_.')


class Styles:
    """The formats of the cells, by rank."""

    def __init__(self) -> None:
        # What a format of dates does not show, "" for those that show the whole date.
        self.dates: dict[int, str] = {}
        self.durees: set[int] = set()
        self.barres: set[int] = set()
        # The letters and the number of figures of a code.
        self.codes: dict[int, tuple[str, int]] = {}

    def lire(self, racine: Any) -> None:
        """Note, by rank of the cell formats, how they show a number, and which of them strike it through."""
        codes = {**BUILTIN_FORMATS}
        for ecrit in racine.iterfind(".//{*}numFmts/{*}numFmt"):
            codes[entier(ecrit.get("numFmtId"))] = ecrit.get("formatCode") or ""
        polices = [
            police.find("{*}strike") is not None
            and police.find("{*}strike").get("val", "1") not in {"0", "false"}
            for police in racine.iterfind("{*}fonts/{*}font")
        ]
        for rang, style in enumerate(racine.iterfind("{*}cellXfs/{*}xf")):
            numero = entier(style.get("numFmtId"))
            code = codes.get(numero, "")
            if code and is_timedelta_format(code):
                self.durees.add(rang)
            # Formats of other languages have no code: 27 to 36 and 50 to 58 are dates.
            elif code and is_date_format(code) or 27 <= numero <= 36 or 50 <= numero <= 58:
                self.dates[rang] = _manque(code)
            elif zeros := _ZEROS.fullmatch(code):
                self.codes[rang] = zeros[1] or zeros[2] or "", len(zeros[3])
            police = entier(style.get("fontId"))
            if police < len(polices) and polices[police]:
                self.barres.add(rang)


def entier(texte: str | None) -> int:
    """Return the whole number that an attribute holds, 0 for anything else."""
    return int(texte) if texte and texte.isascii() and texte.isdigit() and len(texte) < 10 else 0


def _manque(code: str) -> str:
    """Return what a format of dates does not show, "" when it shows the whole date."""
    signes = _HORS_DES_DATES.sub("", code.partition(";")[0]).lower()
    if not ({"y", "a", "e"} & set(signes)) and "d" in signes and "m" in signes:
        return "l'année"
    return "le jour" if "y" in signes and "m" in signes and "d" not in signes else ""
