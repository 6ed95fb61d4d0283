"""What is copied from a spreadsheet, written in the cells of the table: nothing is saved."""

import csv
import io
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.http import QueryDict

from bureau.tableau.lignes import NOUVELLES_AU_PLUS, PREFIXE, LignesDuTableau
from edof.dates import lire_date_de_cellule
from edof.lecture import lire_oui_non
from edof.templatetags.affichage import pluriel

# How many remarks of one kind are written in full.
CITEES = 5
TEXTE_AU_PLUS = 2_000_000


@dataclass
class Collage:
    """What was pasted: the cells, and what is told of it."""

    cellules: set[tuple[int, str]] = field(default_factory=set)
    lignes: int = 0
    nouvelles: int = 0
    dates: bool = False
    remarques: list[str] = field(default_factory=list)

    @property
    def faite(self) -> str:
        """Return « 4 lignes collées, 16 cellules. »."""
        cellules = pluriel(len(self.cellules), "cellule,cellules")
        return f"{pluriel(self.lignes, 'ligne collée,lignes collées')}, {cellules}."

    @property
    def detail(self) -> str:
        """Return « 1 ligne existait, 3 sont nouvelles. »."""
        existaient = self.lignes - self.nouvelles
        dits = [pluriel(existaient, "ligne existait,lignes existaient")] if existaient else []
        if self.nouvelles:
            sont = "sont nouvelles" if existaient else "lignes sont nouvelles"
            dits.append(pluriel(self.nouvelles, f"{'' if existaient else 'ligne '}est nouvelle,{sont}"))
        return f"{', '.join(dits)}."


def lire_bloc(texte: str) -> list[list[str]]:
    """Return the cells of a block copied from a spreadsheet: rows, each with its cells.

    Raise ValueError when it cannot be read.
    """
    if len(texte) > TEXTE_AU_PLUS or "\x00" in texte:
        raise ValueError
    try:
        lignes = list(csv.reader(io.StringIO(texte.replace("\r\n", "\n"), newline=""), delimiter="\t"))
    except csv.Error as erreur:
        raise ValueError from erreur
    while lignes and not any(map(str.strip, lignes[-1])):
        lignes.pop()
    return [[cellule.strip() for cellule in ligne] for ligne in lignes]


def coller(saisie: QueryDict, tableau: LignesDuTableau, texte: str, rang: int, colonne: str) -> Collage:
    """Write a block in the data of the form, from this row and this column on; return what was done.

    `tableau` is the table before. On an action, lines are added at the foot when there are not enough.
    """
    collage = Collage()
    try:
        bloc = lire_bloc(texte)
    except ValueError:
        collage.remarques.append("Ce qui est collé n'est pas lisible : copiez des cellules d'un tableur.")
        return collage
    colonnes = list(tableau.colonnes)
    reste = colonnes[colonnes.index(colonne) if colonne in colonnes else 0 :]
    total = tableau.total_form_count()
    possibles = len(tableau.sessions) + NOUVELLES_AU_PLUS if tableau.action else len(tableau.fiches)
    if rang + len(bloc) > possibles:
        en_trop = min(rang + len(bloc) - possibles, len(bloc))
        collage.remarques.append(f"{pluriel(en_trop, 'ligne en trop,lignes en trop')}, non reprises.")
    if (larges := max(map(len, bloc), default=0) - len(reste)) > 0:
        collage.remarques.append(f"{pluriel(larges, 'colonne en trop,colonnes en trop')}, non reprises.")
    if tableau.action:
        # One more than the block fills: the last row is an empty one.
        tableau.ajouter(saisie, max(rang + len(bloc) + 1 - total, 0))
    lecture = _Lecture(tableau, collage)
    for ecart, cellules in enumerate(bloc[: max(possibles - rang, 0)]):
        ici = rang + ecart
        fiche = tableau.fiches[ici] if ici < len(tableau.fiches) else None
        collage.lignes += 1
        collage.nouvelles += fiche is None
        for nom, ecrit in zip(reste, cellules, strict=False):
            if nom == "identifiant" and fiche is not None and fiche.a_ete_active:
                if ecrit != fiche.identifiant:
                    collage.remarques.append(f"« {fiche.identifiant} » garde son identifiant.")
                continue
            saisie[f"{PREFIXE}-{ici}-{nom}"] = lecture.lire(nom, ecrit, ici + 1)
            collage.cellules.add((ici, nom))
    saisie[f"{PREFIXE}-TOTAL_FORMS"] = str(
        max(total, min(rang + len(bloc), possibles) + bool(tableau.action))
    )
    lecture.conclure()
    return collage


class _Lecture:
    """The reading of the cells of one block, with what was assumed or could not be read."""

    def __init__(self, tableau: LignesDuTableau, collage: Collage) -> None:
        self.tableau, self.collage = tableau, collage
        self.reserves: dict[str, int] = {}
        self.refus: list[str] = []

    def lire(self, nom: str, ecrit: str, ligne: int) -> str:
        """Return what to write in the cell: the value as the form shows it, or the text itself."""
        if nom in {"date_debut", "date_fin"} and ecrit:
            self.collage.dates = True
            try:
                date = lire_date_de_cellule(ecrit)
            except ValueError as erreur:
                self.refus.append(f"ligne {ligne}, « {ecrit[:40]} » : {erreur}")
                return ecrit
            for reserve in date.reserves:
                self.reserves[reserve] = self.reserves.get(reserve, 0) + 1
            return f"{date.jour:%d/%m/%Y}"
        if nom in {"garantie", "pas_de_dates"}:
            try:
                oui = lire_oui_non(ecrit)
            except ValueError:
                self.refus.append(f"ligne {ligne}, « {ecrit[:40]} » n'est ni oui ni non.")
                return ""
            if nom == "pas_de_dates":
                return "on" if oui else ""
            return {True: "oui", False: "non", None: ""}[oui]
        if nom in self.tableau.carnets:
            return self._entree(self.tableau.carnets[nom], ecrit)
        return ecrit

    def _entree(self, carnet: Any, ecrit: str) -> str:
        try:
            entree = carnet.trouver(ecrit)
        except ValidationError:
            return ecrit
        return carnet.libelles[entree.pk] if entree else ecrit

    def conclure(self) -> None:
        """Add to the report what was assumed, then what could not be read."""
        for reserve, nombre in list(self.reserves.items())[:CITEES]:
            fois = f" ({nombre} fois)" if nombre > 1 else ""
            self.collage.remarques.append(f"{reserve[0].upper()}{reserve[1:]}{fois}.")
        if self.reserves and len(self.reserves) > CITEES:
            self.collage.remarques.append(f"Et {len(self.reserves) - CITEES} autres remarques sur des dates.")
        self.collage.remarques += [f"{refus[0].upper()}{refus[1:]}" for refus in self.refus[:CITEES]]
        if len(self.refus) > CITEES:
            self.collage.remarques.append(f"Et {len(self.refus) - CITEES} autres cellules non lues.")
