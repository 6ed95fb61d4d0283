"""A table written for a spreadsheet: CSV as French Excel opens it, or a workbook with real dates.

A text that a spreadsheet would take for a formula has an apostrophe before it in a CSV, and is a text in a
workbook.
"""

import csv
import datetime as dt
import io
import re
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from itertools import islice
from typing import IO, Any

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter
from openpyxl.worksheet.datavalidation import DataValidation

from echanges.classeur import echapper
from echanges.tableau import LISTES_ADMISES
from echanges.tables import Table, Valeur

CSV_TYPE = "text/csv; charset=utf-8"
XLSX_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
# More rows than an import takes back.
LIGNES_D_UN_CLASSEUR = 20_000
LIGNES_D_UN_CSV = 200_000
_PAR_MORCEAU = 500
_FORMULES = ("=", "+", "-", "@", "\t", "\r")
# A number is no formula, whatever its sign.
_NEGATIF = re.compile(r"-[0-9]+([.,][0-9]+)?")
_LARGEUR_AU_PLUS = 42
_LIGNES_MESUREES = 60
# The rows that lists of allowed values cover below the last one.
_LIGNES_DE_PLUS = 500
_JOUR, _EUROS = "dd/mm/yyyy", "#,##0.00"
_LISTES = LISTES_ADMISES[1]


def en_csv(table: Table) -> Iterator[bytes]:
    """Yield the table as CSV: `;`, UTF-8 with its mark, CRLF, safe against formulas."""
    memoire = io.StringIO()
    ecrivain = csv.writer(memoire, delimiter=";", lineterminator="\r\n")
    ecrivain.writerow(table.titres)
    yield b"\xef\xbb\xbf" + memoire.getvalue().encode()
    rangees = islice(table.rangees, LIGNES_D_UN_CSV)
    while lot := list(islice(rangees, _PAR_MORCEAU)):
        memoire.seek(0)
        memoire.truncate()
        ecrivain.writerows([_texte(valeur) for valeur in rangee] for rangee in lot)
        yield memoire.getvalue().encode()


def _texte(valeur: Valeur) -> str:
    if isinstance(valeur, dt.date):
        return f"{valeur:%d/%m/%Y}"
    if isinstance(valeur, Decimal):
        return f"{valeur:f}".replace(".", ",")
    texte = "" if valeur is None else str(valeur)
    return f"'{texte}" if texte.startswith(_FORMULES) and not _NEGATIF.fullmatch(texte) else texte


def en_xlsx(*tables: Table) -> IO[bytes]:
    """Return a workbook, a sheet by table: a frozen header, real dates and numbers, allowed values."""
    classeur = Workbook(write_only=True)
    listes: list[list[str]] = []
    for table in tables:
        feuille = classeur.create_sheet(table.nom.capitalize())
        feuille.freeze_panes = "A2"
        rangees = list(islice(table.rangees, LIGNES_D_UN_CLASSEUR))
        for rang, titre in enumerate(table.titres):
            valeurs = [rangee[rang] for rangee in rangees[:_LIGNES_MESUREES]]
            largeur = max([len(titre), *(len(_texte(valeur)) for valeur in valeurs)]) + 2
            feuille.column_dimensions[get_column_letter(rang + 1)].width = min(largeur, _LARGEUR_AU_PLUS)
        derniere = get_column_letter(len(table.titres))
        feuille.auto_filter.ref = f"A1:{derniere}{len(rangees) + 1}"
        _poser_les_listes(feuille, table, len(rangees), listes)
        feuille.append([_titre(feuille, titre) for titre in table.titres])
        for rangee in rangees:
            feuille.append([_cellule(feuille, valeur) for valeur in rangee])
    if listes:
        _ecrire_les_listes(classeur, listes)
    fichier = tempfile.SpooledTemporaryFile(2 * 1024 * 1024)  # noqa: SIM115 - the caller closes it
    classeur.save(fichier)
    fichier.seek(0)
    return fichier


def _titre(feuille: Any, titre: str) -> Any:
    cellule = WriteOnlyCell(feuille, titre)
    cellule.font = Font(bold=True)
    cellule.fill = PatternFill("solid", start_color="FFE8EEF7")
    cellule.alignment = Alignment(vertical="center")
    return cellule


def _cellule(feuille: Any, valeur: Valeur) -> Any:
    if valeur is None or valeur == "":
        return None
    if isinstance(valeur, str):
        if not valeur.startswith(_FORMULES):
            return echapper(valeur)
        cellule = WriteOnlyCell(feuille, echapper(valeur))
        # A text, whatever its first sign.
        cellule.data_type = "s"
        cellule.quotePrefix = True
        return cellule
    cellule = WriteOnlyCell(feuille, valeur)  # type: ignore[arg-type]
    if isinstance(valeur, dt.date):
        cellule.number_format = _JOUR
    elif isinstance(valeur, Decimal):
        cellule.number_format = _EUROS
    return cellule


def _poser_les_listes(feuille: Any, table: Table, lignes: int, longues: list[list[str]]) -> None:
    """Say which values each column takes; a sheet of their own holds these lists."""
    for rang, valeurs in table.listes.items():
        if valeurs not in longues:
            longues.append(valeurs)
        lettre = get_column_letter(longues.index(valeurs) + 1)
        regle = DataValidation(
            type="list", formula1=f"{_LISTES}!${lettre}$1:${lettre}${len(valeurs)}", allow_blank=True
        )
        # A warning only: a contact that is not there yet may be written.
        regle.errorStyle = "warning"
        colonne = get_column_letter(rang + 1)
        regle.add(f"{colonne}2:{colonne}{lignes + 1 + _LIGNES_DE_PLUS}")
        feuille.data_validations.append(regle)


def _ecrire_les_listes(classeur: Workbook, listes: list[list[str]]) -> None:
    feuille = classeur.create_sheet(_LISTES)
    feuille.sheet_state = "hidden"
    for rang in range(max(map(len, listes))):
        feuille.append([liste[rang] if rang < len(liste) else None for liste in listes])
