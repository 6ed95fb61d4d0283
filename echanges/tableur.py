"""A table read as lines, once its titles are known: its cells, and what rows leave out or repeat.

What is assumed is said; what a person corrects wins over what is found.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from echanges.cellules import ILLISIBLE, Lecteur, en_texte
from echanges.cibles import CHEMINS, OUVERTE, PERIODE, PRIX, Cible, cibles, cle_de_titre
from echanges.colonnes import ColonneLue, colonnes_de, laissees, remarques
from echanges.lignes import Anomalie, Demande, Gravite, LigneLue, Niveau
from echanges.tableau import Fusion, Rangee, Tableau
from echanges.titres import Choix, Tete, correspondre, empreinte_de
from edof.dates import dates_en_chiffres, jour_d_abord, retourner_jour_et_mois
from edof.pliage import plier

VIDE, TOTAL, TITRES_REPETES = "Ligne vide.", "Ligne de total.", "Titres répétés."
MOIS, NOTE = "Titre d'un mois.", "Note autour du tableau."
_TOTAUX = ("total", "sous total", "sous-total")
_IDEM = {"idem", "id", "id.", '"', "''", "″", "〃", "”", "« »", "-//-", "//"}
_TIRETS, _LIBRES = {"-", "–", "—"}, {"texte", "identifiant"}
_DATEES = {"date_debut", "date_fin", PERIODE}
_MOIS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
_TITRE_DE_MOIS = re.compile(rf"(?:{_MOIS})(?: [0-9]{{2,4}})?")
# « * sous réserve », « NB : … », « Mise à jour le … », « Page 2 sur 3 »: what people write under a table.
_DEBUT_DE_NOTE = re.compile(
    r"[*†¹²³]|\(\*|(?:nb|n\.b\.?|nota|note|legende|rappel|attention|source|contact) ?:"
    r"|(?:mise? a jour|maj|edite|imprime|document|dates? (?:donnees|susceptibles)|sous reserve"
    r"|page [0-9]+)\b"
)
_MOTS_D_UNE_NOTE = 5
_ANNULEE = re.compile(r"(?:(?:session|formation|est) )*(?:annul|report|supprim)ee?s?(?: |$)")
# In the file of the lines that were refused, what stood beyond the titles.
EN_TROP = "Cellule en trop"
_A_VIDER = "Cette ligne a une cellule en trop : remettez chaque valeur à sa place, puis videz cette cellule."
_COUPEE = (
    "Cette ligne semble coupée en deux : un texte que n'entoure aucun guillemet va sans doute à la ligne."
    " Mettez-le entre guillemets, ou sur une seule ligne, puis déposez de nouveau le fichier."
)
_DECALEE = (
    "Cette ligne a plus de cellules qu'il n'y a de titres : un texte ou un prix contient sans doute le signe"
    " qui sépare les colonnes, et décale la suite. Mettez-le entre guillemets, ou donnez un titre à la"
    " dernière colonne, puis déposez de nouveau le fichier."
)
_DEMANDES: dict[Any, Demande] = {True: Demande.OUVRIR, False: Demande.FERMER}


@dataclass
class Lecture:
    """How a file was read, and its lines."""

    format: str
    lignes: list[LigneLue] = field(default_factory=list)
    encodage: str = ""
    separateur: str = ""
    feuille: str = ""
    feuilles: list[str] = field(default_factory=list)
    niveau: str = Niveau.SESSION
    ligne_de_titres: int = 0
    colonnes: list[ColonneLue] = field(default_factory=list)
    remarques: list[str] = field(default_factory=list)
    # What distinguishes tables that have the same columns.
    empreinte: str = ""
    # The other sheets that were read: their lines are among those of the first one.
    autres: list["Lecture"] = field(default_factory=list)

    @property
    def tables(self) -> list["Lecture"]:
        """Return each table that was read."""
        return [self, *self.autres]


def lire_tableau(tableau: Tableau, tete: Tete, choix: Choix, format_: str) -> Lecture:
    """Return the lines of a table whose header row was found."""
    dites, fixes = choix.de(tete.titres)
    suite = tableau.rangees[tete.rang + 1 :]
    titrees = len(tete.titres)
    # A column that has values and no title, on the right, may be chosen too.
    largeur = max((len(rangee.cellules) for rangee in suite), default=0)
    tete = replace(tete, titres=[*tete.titres, *[""] * (largeur - titrees)])
    correspondance = correspondre(tete.niveau, tete.titres, dites)
    lecture = Lecture(
        format_, encodage=tableau.encodage, separateur=tableau.separateur, feuille=tableau.nom,
        niveau=tete.niveau, ligne_de_titres=tableau.rangees[tete.rang].ligne,
        remarques=list(tableau.remarques), empreinte=empreinte_de(tete.titres),
    )  # fmt: skip
    lecture.colonnes = colonnes_de(tete, suite, correspondance, tableau.colonnes_masquees)
    lecture.remarques += remarques(tete, tableau, lecture.colonnes)
    lecture.remarques += laissees(tete, lecture.colonnes, dites)
    lecteur = _Lignes(tete, correspondance, fixes, choix.mots, tableau.fusions)
    lecteur.mois_d_abord = _mois_d_abord(suite, lecteur.colonnes)
    lecteur.titrees = titrees
    lecteur.coupees = _coupees(tableau.separateur, suite, titrees)
    lecteur.decalees = _decalees(tableau.separateur, suite, titrees, max(correspondance, default=0))
    lecture.lignes = [lecteur.lire(rangee) for rangee in suite]
    return lecture


def _cellule(rangee: Rangee, rang: int) -> Any:
    return rangee.cellules[rang] if rang < len(rangee.cellules) else None


def _decalees(separateur: str, suite: list[Rangee], titrees: int, derniere: int) -> set[int]:
    """Return the lines of a text that a separator within a cell shifts: they have more cells than titles."""
    if not separateur or derniere >= titrees:
        return set()
    pleines = [rangee for rangee in suite if not rangee.est_vide()]
    longues = {r.ligne for r in pleines if any(cellule is not None for cellule in r.cellules[titrees:])}
    # When most of them are, a column lacks its title; but commas are in every price.
    return longues if separateur == "," or len(longues) * 2 <= len(pleines) else set()


def _coupees(separateur: str, suite: list[Rangee], titrees: int) -> dict[int, list[Any]]:
    """Return the lines of a text that a line end within a cell cuts in two, with the cells of the second one.

    Where each other row has as many cells as there are titles, two short ones that make one are one.
    """
    pleines = [rangee for rangee in suite if not rangee.est_vide()]
    paires = [
        (haut, bas)
        for haut, bas in pairwise(pleines)
        if max(len(haut.cellules), len(bas.cellules)) < titrees == len(haut.cellules) + len(bas.cellules) - 1
    ]
    coupees = {moitie.ligne: bas.cellules for haut, bas in paires for moitie in (haut, bas)}
    entieres = all(len(r.cellules) >= titrees for r in pleines if r.ligne not in coupees)
    return coupees if separateur and entieres else {}


def _mois_d_abord(suite: list[Rangee], colonnes: list[tuple[int, Cible]]) -> bool:
    """Return whether some dates can only be read with the month first, and none with the day first."""
    rangs = [rang for rang, cible in colonnes if cible.genre in {"date", "periode"}]
    cellules = {c for r in suite for rang in rangs if isinstance(c := _cellule(r, rang), str)}
    ecrites = {ecrite for cellule in cellules for ecrite in dates_en_chiffres(cellule)}
    retournees = {ecrite for ecrite in ecrites if retourner_jour_et_mois(ecrite)}
    return bool(retournees) and not any(jour_d_abord(ecrite) for ecrite in ecrites)


class _Lignes:
    """The reading of the rows, one after the other: what a row leaves out may come from the one above."""

    def __init__(
        self,
        tete: Tete,
        correspondance: dict[int, str],
        fixes: dict[str, str],
        mots: dict[str, dict[str, str]],
        fusions: list[Fusion],
    ) -> None:
        self.niveau, self.mots, self.titres = tete.niveau, mots, tete.titres
        self.mois_d_abord = False
        self.decalees: set[int] = set()
        self.coupees: dict[int, list[Any]] = {}
        self.titrees = 0
        self.cles = [cle_de_titre(titre) for titre in tete.titres]
        while self.cles and not self.cles[-1]:
            self.cles.pop()
        connues = cibles(tete.niveau)
        self.colonnes: list[tuple[int, Cible]] = [
            (rang, connues[nom]) for rang, nom in sorted(correspondance.items())
        ]
        presentes = {cible.nom for _, cible in self.colonnes}
        if tete.niveau == Niveau.CONTACT and "prenom" not in presentes:
            # « Nom » alone is often the whole name.
            self.colonnes = [
                (rang, replace(cible, genre="personne") if cible.nom == "nom" else cible)
                for rang, cible in self.colonnes
            ]
        self.fixes = [
            (connues[nom], ecrit)
            for nom, ecrit in fixes.items()
            if nom in connues and nom not in presentes and ecrit
        ]
        self.dessus: dict[int, Any] = {}
        self.fusionnees = {
            (ligne, colonne): fusion
            for fusion in fusions
            if fusion.bas > fusion.haut and fusion.bas - fusion.haut < 20_000
            for colonne in range(fusion.gauche, min(fusion.droite, fusion.gauche + 60) + 1)
            if colonne in correspondance
            for ligne in range(fusion.haut + 1, fusion.bas + 1)
        }

    def lire(self, rangee: Rangee) -> LigneLue:
        """Return the line of a row."""
        ligne = LigneLue(rangee.ligne, Niveau(self.niveau), ("",) * len(CHEMINS[self.niveau]))
        ligne.ignoree = self._rien_a_lire(rangee)
        if ligne.ignoree:
            return ligne
        lecteur = Lecteur(self.niveau, self.mois_d_abord)
        chemin = dict.fromkeys(CHEMINS[self.niveau], "")
        for rang, cible in self.colonnes:
            cellule = self._reprise(rangee, rang, _cellule(rangee, rang), cible, lecteur)
            if cellule is not None:
                self.dessus[rang] = cellule
            elif cible.nom in CHEMINS[self.niveau][:-1] and rang in self.dessus:
                ligne.temoins[f"{cible.nom}_au_dessus"] = en_texte(self.dessus[rang])
            self._poser(ligne, chemin, lecteur, cible, cellule)
        for cible, ecrit in self.fixes:
            self._poser(ligne, chemin, lecteur, cible, ecrit)
        for phrase in self._annulee(rangee):
            lecteur.anomalies.append(Anomalie("annulee", Gravite.AVERTISSEMENT, phrase))
        if en_trop := self._en_trop(rangee):
            ligne.temoins["en_trop"] = en_trop
            coupee = rangee.ligne in self.coupees
            phrase = _COUPEE if coupee else _DECALEE if rangee.ligne in self.decalees else _A_VIDER
            lecteur.anomalies.append(Anomalie("decalee", Gravite.BLOQUANTE, phrase))
        if rangee.masquee:
            lecteur.anomalies.append(
                Anomalie("masquee", Gravite.AVERTISSEMENT, "Ligne masquée dans le classeur, lue quand même.")
            )
        ligne.chemin, ligne.anomalies = tuple(chemin.values()), lecteur.anomalies
        return ligne

    def _poser(
        self, ligne: LigneLue, chemin: dict[str, str], lecteur: Lecteur, cible: Cible, cellule: Any
    ) -> None:
        ecrit = en_texte(cellule)
        ligne.ecrites[cible.nom] = ecrit
        dit = self.mots.get(cible.nom, {}).get(plier(ecrit)) if ecrit else None
        if dit is not None:
            cellule = dit or None
        if ecrit in _TIRETS and cible.genre not in _LIBRES:
            # « - » says that there is nothing to say.
            cellule = None
        valeur = None if cellule is None or not en_texte(cellule) else lecteur.lire(cible, cellule)
        if isinstance(valeur, dict):
            # One cell for several fields: a column of their own wins.
            for nom, dite in valeur.items():
                if ligne.valeurs.get(nom) in (None, ""):
                    ligne.valeurs[nom] = dite
                ligne.ecrites.setdefault(nom, ecrit)
        elif cible.genre in {"periode", "voie", "personne"}:
            for nom in lecteur.parties(cible):
                ligne.ecrites.setdefault(nom, ecrit)
        elif cible.nom in chemin:
            chemin[cible.nom] = "" if valeur in (None, ILLISIBLE) else str(valeur)
        elif cible.genre == "temoin":
            ligne.temoins[cible.nom] = valeur
        elif cible.nom == OUVERTE:
            # « Non » and an empty cell ask for nothing: only a session that is open can be asked to close.
            ligne.demande = _DEMANDES.get(valeur, Demande.RIEN)
        elif valeur is None and ligne.valeurs.get(cible.nom):
            # A column that says both has filled it.
            pass
        elif valeur is not ILLISIBLE:
            ligne.valeurs[cible.nom] = (
                ([] if cible.genre in {"liste", "dates"} else None) if valeur is None else valeur
            )
            if valeur is None and cible.genre == "case":
                ligne.valeurs[cible.nom] = False

    def _rien_a_lire(self, rangee: Rangee) -> str:
        pleines = {
            cible.nom: texte
            for rang, cible in self.colonnes
            if rang < len(rangee.cellules) and (texte := en_texte(rangee.cellules[rang]))
        }
        premieres = [plier(texte) for cellule in rangee.cellules if (texte := en_texte(cellule))][:1]
        if len(pleines) <= 1:
            premieres += map(plier, pleines.values())
        # A date column may hold the number of sessions; the column of identifiers too, when nothing dates it.
        datee = self.niveau == Niveau.SESSION and (
            not _DATEES & pleines.keys() or not (pleines.keys() >= _DATEES or "session" in pleines)
        )
        if (datee or len(pleines) <= 1) and any(dite.startswith(_TOTAUX) for dite in premieres):
            return TOTAL
        if pleines.keys() == {PRIX}:
            return TOTAL
        if not pleines:
            return VIDE
        if len(pleines) == 1 and _TITRE_DE_MOIS.fullmatch(premieres[-1]):
            return MOIS
        if self._est_une_note(pleines, rangee):
            return NOTE
        if [cle_de_titre(en_texte(c)) for c in rangee.cellules][: len(self.cles)] == self.cles:
            return TITRES_REPETES
        return ""

    def _est_une_note(self, pleines: dict[str, str], rangee: Rangee) -> bool:
        """Return whether the row is one sentence about the sessions, and no session."""
        if self.niveau != Niveau.SESSION or len(self.colonnes) < 2:
            return False
        textes = [texte for cellule in rangee.cellules if (texte := en_texte(cellule))]
        if len(textes) != 1 or len(pleines) > 1:
            return False
        longue = len(textes[0].split()) >= _MOTS_D_UNE_NOTE and not _DATEES & pleines.keys()
        return longue or bool(_DEBUT_DE_NOTE.match(plier(textes[0])))

    def _en_trop(self, rangee: Rangee) -> list[str]:
        """Return the cells of a row that has more of them than titles, or that was refused for this."""
        debut = self.titrees if rangee.ligne in self.decalees else len(rangee.cellules)
        rangs = [rang for rang, cle in enumerate(self.cles) if cle.startswith(cle_de_titre(EN_TROP))]
        suite = self.coupees.get(rangee.ligne, [])
        cellules = [*(_cellule(rangee, rang) for rang in rangs), *rangee.cellules[debut:], *suite]
        return [texte for cellule in cellules if (texte := en_texte(cellule))]

    def _annulee(self, rangee: Rangee) -> Iterator[str]:
        """Yield why the session of a row may not take place: a column that is not read says so, or a line."""
        reste = "décochez cette ligne si la session n'a pas lieu."
        if self.niveau != Niveau.SESSION:
            return
        if rangee.barree:
            yield f"Des cellules sont barrées dans le classeur : {reste}"
        for rang, cellule in enumerate(rangee.cellules):
            if isinstance(cellule, str) and _ANNULEE.match(plier(cellule)):
                titre = self.titres[rang] if rang < len(self.titres) else ""
                yield f"La colonne « {titre or 'sans titre'} » dit « {cellule[:40]} » : {reste}"

    def _reprise(self, rangee: Rangee, rang: int, cellule: Any, cible: Cible, lecteur: Lecteur) -> Any:
        """Return what the cell above holds, for a merged cell or an « idem »; else the cell itself."""
        au_dessus = self.dessus.get(rang)
        if au_dessus is None or cible.nom == CHEMINS[self.niveau][-1]:
            return cellule
        if cellule is None and (fusion := self.fusionnees.get((rangee.ligne, rang))):
            phrase = f"{cible.titre} : valeur reprise de la cellule fusionnée {fusion.nom}."
        elif isinstance(cellule, str) and cellule.strip().lower() in _IDEM:
            phrase = f"{cible.titre} : « {cellule.strip()} », valeur reprise de la ligne du dessus."
        else:
            return cellule
        lecteur.dire(cible, en_texte(au_dessus), "reprise", Gravite.REPARE, phrase)
        return au_dessus
