"""The reading of a workbook, straight from its XML: values, formulas, merged cells, what is hidden.

One pass over a sheet, its rows forgotten as they are read: memory depends on what is kept, not on the file.
"""

import datetime as dt
import re
import sys
import zipfile
from collections.abc import Callable, Iterator
from itertools import islice
from typing import IO, Any

from lxml import etree
from openpyxl.utils import coordinate_to_tuple, range_boundaries
from openpyxl.utils.datetime import CALENDAR_MAC_1904, CALENDAR_WINDOWS_1900, from_excel

from echanges.fichiers import ABIME, archive
from echanges.lignes import FichierRefuse
from echanges.styles import Styles, entier
from echanges.tableau import (
    CARACTERES_AU_PLUS,
    COLONNES_AU_PLUS,
    LIGNES_AU_PLUS,
    TROP_LARGE,
    Cellule,
    CelluleFautive,
    DateAbregee,
    Fusion,
    Rangee,
    Tableau,
    erreur_de_tableur,
    trop_de_lignes,
    trop_de_texte,
)
from edof.textes import nettoyer_texte

FEUILLES_AU_PLUS = 60
TEXTES_AU_PLUS = 30_000_000
_ECHAPPE = re.compile("_x([0-9A-Fa-f]{4})_")
_RELATIONS = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_SANS_RESULTAT = (
    "Cette cellule contient une formule dont le résultat n'est pas enregistré : écrivez sa valeur."
)


def _local(element: Any) -> str:
    return str(element.tag).rpartition("}")[2]


class Classeur:
    """A workbook that is open: the names of its sheets, and their rows on demand."""

    def __init__(self, ouverte: zipfile.ZipFile) -> None:
        self.archive = ouverte
        racine = self._racine("xl/workbook.xml")
        cibles = {
            lien.get("Id"): str(lien.get("Target")) for lien in self._racine("xl/_rels/workbook.xml.rels")
        }
        self.feuilles: dict[str, str] = {}
        self.masquees: set[str] = set()
        for feuille in racine.iterfind(".//{*}sheet"):
            lien = feuille.get(_RELATIONS) or next((v for n, v in feuille.items() if n.endswith("}id")), "")
            cible = cibles.get(lien, "")
            chemin = cible.lstrip("/") if cible.startswith("/") else f"xl/{cible}"
            if "worksheets/" in chemin and chemin in ouverte.NameToInfo:
                nom = str(feuille.get("name") or chemin)
                self.feuilles[nom] = chemin
                if feuille.get("state", "visible") != "visible":
                    self.masquees.add(nom)
        if not self.feuilles:
            raise FichierRefuse("Ce classeur n'a aucune feuille de cellules.")
        proprietes = racine.find("{*}workbookPr")
        annees_1904 = proprietes is not None and proprietes.get("date1904") in {"1", "true"}
        self.epoque = CALENDAR_MAC_1904 if annees_1904 else CALENDAR_WINDOWS_1900
        self.textes = list(self._textes())
        # A cell of the sheet that was read last stands beyond the columns that are read.
        self.trop_large = False
        self.styles = Styles()
        if "xl/styles.xml" in ouverte.NameToInfo:
            self.styles.lire(self._racine("xl/styles.xml"))

    @property
    def noms(self) -> list[str]:
        """Return the names of the sheets, those that are hidden last."""
        return sorted(list(self.feuilles)[:FEUILLES_AU_PLUS], key=lambda nom: nom in self.masquees)

    def _ouvrir(self, chemin: str) -> Any:
        with self.archive.open(chemin) as piece:
            if b"<!DOCTYPE" in piece.read(2048):
                raise FichierRefuse(ABIME)
        return self.archive.open(chemin)

    def _racine(self, chemin: str) -> Any:
        """Return a small part of the workbook, parsed whole."""
        if chemin not in self.archive.NameToInfo:
            raise FichierRefuse(ABIME)
        if self.archive.NameToInfo[chemin].file_size > 5_000_000:
            raise FichierRefuse(
                "Ce classeur a trop de styles ou de feuilles pour être lu : copiez la feuille à importer dans"
                " un nouveau classeur."
            )
        analyseur = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        with self._ouvrir(chemin) as piece:
            return etree.parse(piece, analyseur).getroot()

    def _parcourir(self, chemin: str, *noms: str) -> Iterator[Any]:
        """Yield the elements of these names once they are read; what was yielded is forgotten."""
        with self._ouvrir(chemin) as piece:
            etiquettes = [f"{{*}}{nom}" for nom in noms]
            for _, element in etree.iterparse(
                piece,
                events=("end",),
                tag=etiquettes,
                resolve_entities=False,
                no_network=True,
                load_dtd=False,
            ):
                yield element
                element.clear()
                while element.getprevious() is not None:
                    del element.getparent()[0]

    def _textes(self) -> Iterator[str]:
        chemin = "xl/sharedStrings.xml"
        if chemin not in self.archive.NameToInfo:
            return
        if self.archive.NameToInfo[chemin].file_size > TEXTES_AU_PLUS:
            raise trop_de_texte()
        for element in self._parcourir(chemin, "si"):
            yield _texte_riche(element)

    def lire(self, nom: str, au_plus: int | None = None) -> Tableau:
        """Return the rows of a sheet, the first `au_plus` only when it is given."""
        tableau, self.trop_large = Tableau([], nom, masque=nom in self.masquees), False
        attendue, caracteres = 0, 0
        parcours = self._parcourir(self.feuilles[nom], "row", "mergeCell", "col")
        for element in parcours:
            if (quoi := _local(element)) == "row":
                attendue = max(attendue + 1, entier(element.get("r")))
                if attendue > LIGNES_AU_PLUS and not len(element):
                    # A workbook may declare a million of them.
                    continue
                cellules = self._cellules(element)
                if not cellules and attendue > LIGNES_AU_PLUS:
                    continue
                if len(tableau.rangees) > LIGNES_AU_PLUS + 15:
                    raise trop_de_lignes()
                caracteres += sum(len(cellule) for cellule in cellules if isinstance(cellule, str))
                if caracteres > CARACTERES_AU_PLUS:
                    raise trop_de_texte()
                masquee = element.get("hidden") in {"1", "true"}
                tableau.rangees.append(Rangee(attendue, cellules, masquee, self._est_barree(element)))
                if au_plus and len(tableau.rangees) >= au_plus:
                    break
            elif quoi == "mergeCell":
                if fusion := _fusion(element.get("ref", "")):
                    tableau.fusions.append(fusion)
            elif element.get("hidden") in {"1", "true"}:
                bornes = entier(element.get("min")), min(entier(element.get("max")), COLONNES_AU_PLUS)
                tableau.colonnes_masquees |= {rang - 1 for rang in range(bornes[0], bornes[1] + 1)}
        tableau.remarques += [TROP_LARGE] if self.trop_large else []
        tableau.oublier_la_fin_vide()
        return tableau

    def _est_barree(self, rangee: Any) -> bool:
        return bool(self.styles.barres) and any(
            len(cellule) and entier(cellule.get("s")) in self.styles.barres
            for cellule in islice(rangee.iterchildren("{*}c"), COLONNES_AU_PLUS)
        )

    def _cellules(self, rangee: Any) -> list[Cellule]:
        cellules: list[Cellule] = []
        for rang, element in enumerate(islice(rangee.iterchildren("{*}c"), 1000)):
            valeur = self._valeur(element)
            if valeur is None:
                continue
            colonne = _colonne(element.get("r"), rang)
            self.trop_large |= colonne >= COLONNES_AU_PLUS
            if colonne < COLONNES_AU_PLUS:
                cellules.extend([None] * (colonne + 1 - len(cellules)))
                cellules[colonne] = valeur
        return cellules

    def _valeur(self, element: Any) -> Cellule:
        genre = element.get("t", "n")
        if genre == "inlineStr":
            riche = element.find("{*}is")
            # The same text for all the cells that hold it, as in the workbooks that share them.
            return (sys.intern(_texte_riche(riche).strip()) or None) if riche is not None else None
        brut = element.findtext("{*}v")
        if brut is None or brut == "" and genre != "str":
            formule = element.find("{*}f")
            return CelluleFautive("=…", _SANS_RESULTAT) if formule is not None else None
        if genre == "s":
            rang = entier(brut)
            return (self.textes[rang].strip() or None) if 0 <= rang < len(self.textes) else None
        if genre == "b":
            return brut.strip() in {"1", "true"}
        if genre == "e":
            return erreur_de_tableur(brut)
        if genre in {"str", "d"}:
            return _desechapper(brut).strip() or None
        return self._nombre(brut, entier(element.get("s")))

    def _nombre(self, brut: str, style: int) -> Cellule:
        try:
            nombre = float(brut)
        except ValueError:
            return brut
        if style in self.styles.dates or style in self.styles.durees:
            try:
                lue = from_excel(nombre, self.epoque, timedelta=style in self.styles.durees)
            except (ValueError, OverflowError, TypeError):
                return brut
            if (manque := self.styles.dates.get(style)) and isinstance(lue, dt.datetime):
                return DateAbregee.de(lue, manque)
            return lue if isinstance(lue, dt.datetime | dt.date | dt.time | dt.timedelta) else str(lue)
        if style in self.styles.codes and nombre.is_integer() and 0 <= nombre < 1e15:
            debut, chiffres = self.styles.codes[style]
            return f"{debut}{int(nombre):0{chiffres}d}"
        return int(nombre) if nombre.is_integer() and abs(nombre) < 1e15 else nombre


def lire_classeur(
    fichier: IO[bytes], au_plus: int, choisir: Callable[[list[Tableau]], list[str]]
) -> list[Tableau]:
    """Return the rows of the sheets of a workbook that `choisir` names, seeing the first rows of each."""
    with archive(fichier) as ouverte, _fautes():
        classeur = Classeur(ouverte)
        noms = choisir([classeur.lire(nom, au_plus) for nom in classeur.noms])
        return [classeur.lire(nom) for nom in noms]


class _fautes:
    """Turn what a damaged part raises into a refusal."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, genre: Any, erreur: Any, trace: Any) -> None:
        if isinstance(erreur, etree.XMLSyntaxError | KeyError | RuntimeError | AttributeError | ValueError):
            raise FichierRefuse(ABIME) from erreur


def _colonne(reference: str | None, rang: int) -> int:
    """Return the column of a cell, from 0: « C7 » gives 2."""
    try:
        return int(coordinate_to_tuple(reference)[1]) - 1 if reference else rang
    except (ValueError, TypeError):
        return rang


def _fusion(reference: str) -> Fusion | None:
    try:
        gauche, haut, droite, bas = range_boundaries(reference)
    except (ValueError, TypeError):
        return None
    if gauche is None or haut is None or droite is None or bas is None:
        return None
    return Fusion(haut, gauche - 1, bas, droite - 1, reference)


def _texte_riche(element: Any) -> str:
    """Return the text of a cell, without the pronunciation that Asian workbooks add."""
    morceaux = [
        t.text or ""
        for t in element.iter("{*}t")
        if t.getparent() is not None and _local(t.getparent()) != "rPh"
    ]
    return _desechapper("".join(morceaux))


def echapper(texte: str) -> str:
    """Return a text as a workbook holds it: what looks like one of its escapes is protected."""
    return _ECHAPPE.sub(r"_x005F\g<0>", texte) if "_x" in texte else texte


def _desechapper(texte: str) -> str:
    if "_x" not in texte:
        return texte
    return nettoyer_texte(_ECHAPPE.sub(lambda code: chr(int(code[1], 16)), texte))
