"""A table as a file holds it: rows of cells, before anything is known of its columns."""

import datetime as dt
from dataclasses import dataclass, field

from echanges.lignes import FichierRefuse
from edof.templatetags.affichage import milliers

LIGNES_AU_PLUS, COLONNES_AU_PLUS = 20_000, 60
CARACTERES_AU_PLUS = 12_000_000
TROP_LARGE = f"Les colonnes après la {COLONNES_AU_PLUS}e ne sont pas lues : rapprochez celles qui comptent."
# The sheets of our own workbooks that hold the values of lists, and no record.
LISTES_ADMISES = ("Valeurs admises", "Listes")


class CelluleFautive(str):
    """The text of a cell that holds an error, or a formula whose result was not saved."""

    phrase: str

    def __new__(cls, texte: str, phrase: str) -> "CelluleFautive":
        """Return the text, with the sentence that says what is wrong."""
        cellule = super().__new__(cls, texte)
        cellule.phrase = phrase
        return cellule


class DateAbregee(dt.datetime):
    """A date that the workbook shows without its day or its year: « mars-27 », « 3-mars »."""

    manque: str

    @classmethod
    def de(cls, date: dt.datetime, manque: str) -> "DateAbregee":
        """Return the date, with what the workbook does not show of it."""
        lue = cls(date.year, date.month, date.day, date.hour, date.minute, date.second)
        lue.manque = manque
        return lue


# What spreadsheets show in place of a result, in English and in French.
ERREURS = frozenset(
    [
        "#N/A",
        "#REF!",
        "#DIV/0!",
        "#VALEUR!",
        "#VALUE!",
        "#NOM?",
        "#NAME?",
        "#NUL!",
        "#NULL!",
        "#NOMBRE!",
        "#NUM!",
        "#####",
    ]
)


def erreur_de_tableur(texte: str) -> CelluleFautive:
    """Return the cell that shows this error."""
    return CelluleFautive(texte, f"Cette cellule contient l'erreur {texte} : écrivez sa valeur.")


# What a cell holds; None when it is empty. The cells of a text are all texts.
Cellule = str | bool | int | float | dt.datetime | dt.date | dt.time | dt.timedelta | None


@dataclass(slots=True)
class Rangee:
    """One row: its number as the person sees it, and its cells."""

    ligne: int
    cellules: list[Cellule]
    masquee: bool = False
    # Some of its cells are struck through.
    barree: bool = False
    # It holds something beyond the columns that are read.
    trop_large: bool = False

    def est_vide(self) -> bool:
        """Return whether no cell holds anything."""
        return not any(cellule is not None and str(cellule).strip() for cellule in self.cellules)


@dataclass(frozen=True)
class Fusion:
    """A block of merged cells: rows as numbered, columns from 0, all included."""

    haut: int
    gauche: int
    bas: int
    droite: int
    nom: str


@dataclass
class Tableau:
    """The rows of a text, or of a sheet."""

    rangees: list[Rangee]
    nom: str = ""
    fusions: list[Fusion] = field(default_factory=list)
    colonnes_masquees: set[int] = field(default_factory=set)
    masque: bool = False
    # What was assumed or repaired to read it, in sentences.
    remarques: list[str] = field(default_factory=list)
    encodage: str = ""
    separateur: str = ""

    def oublier_la_fin_vide(self) -> None:
        """Drop the empty rows after the last one that holds something."""
        while self.rangees and self.rangees[-1].est_vide():
            self.rangees.pop()


def trop_de_lignes() -> FichierRefuse:
    """Return the refusal of a table that has too many rows."""
    return FichierRefuse(
        f"Ce tableau compte plus de {milliers(LIGNES_AU_PLUS)} lignes : partagez-le en plusieurs fichiers."
        " Rien"
        " n'a été lu."
    )


def trop_de_texte() -> FichierRefuse:
    """Return the refusal of a table whose texts are too long."""
    return FichierRefuse(
        "Ce tableau contient trop de texte pour un seul import : gardez les colonnes utiles, ou"
        " partagez-le. Rien"
        " n'a été lu."
    )
