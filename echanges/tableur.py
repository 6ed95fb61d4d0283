"""A table read as lines: its header row found, its columns matched with fields, its cells read.

What is assumed is said; what a person corrects (`Choix`) wins over what is found.
"""

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from echanges.cellules import ILLISIBLE, Lecteur, en_texte
from echanges.cibles import CHEMINS, OUVERTE, PERIODE, Cible, cible_du_titre, cibles, cle_de_titre
from echanges.lignes import Anomalie, Demande, FichierRefuse, Gravite, LigneLue, Niveau
from echanges.tableau import Fusion, Rangee, Tableau
from edof.pliage import plier
from edof.templatetags.affichage import enumerer, pluriel

TITRES_AVANT_LA_LIGNE = 15
VIDE, TOTAL, TITRES_REPETES = "Ligne vide.", "Ligne de total.", "Titres répétés."
MOIS = "Titre d'un mois."
_TOTAUX = ("total", "sous total", "sous-total")
_IDEM = {"idem", "id", "id.", '"', "''", "″", "〃", "”", "« »", "-//-", "//"}
EXEMPLES = 3
_AMBIGUS = {"adresse", "date", "dates"}
_DATEES = {"date_debut", "date_fin", PERIODE}
_MOIS = "janvier|fevrier|mars|avril|mai|juin|juillet|aout|septembre|octobre|novembre|decembre"
_TITRE_DE_MOIS = re.compile(rf"(?:{_MOIS})(?: [0-9]{{2,4}})?")
_DEMANDES: dict[Any, Demande] = {True: Demande.OUVRIR, False: Demande.FERMER}


@dataclass
class Choix:
    """What a person said of how a file is to be read, kept from one file to the next."""

    # The sheets to read; those that say what they are, when none is said.
    feuilles: list[str] = field(default_factory=list)
    niveau: str = ""
    # By title, folded: the field, "" for a column that is not taken.
    colonnes: dict[str, str] = field(default_factory=dict)
    # The value of a field for every line.
    fixes: dict[str, str] = field(default_factory=dict)
    # The same two, by digest of the titles of a table.
    tables: dict[str, tuple[dict[str, str], dict[str, str]]] = field(default_factory=dict)
    # By field and folded word: what is to be read instead.
    mots: dict[str, dict[str, str]] = field(default_factory=dict)

    def de(self, titres: Sequence[str]) -> tuple[dict[str, str], dict[str, str]]:
        """Return what was said of the table that has these titles: its columns, its values for every line."""
        return self.tables.get(empreinte_de(titres), (self.colonnes, self.fixes))


@dataclass
class ColonneLue:
    """A column of the table: its title, its first values, and the field that it fills."""

    rang: int
    titre: str
    cle: str
    exemples: list[str]
    champ: str = ""
    masquee: bool = False


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


@dataclass(frozen=True)
class Tete:
    """The header row of a table: its rank, its titles, the level that they tell."""

    rang: int
    titres: list[str]
    niveau: str
    reconnues: int


def tete_de(tableau: Tableau, choix: Choix) -> Tete | None:
    """Return the header row: the first one of which several titles are known; None without any."""
    for rang, rangee in enumerate(tableau.rangees[:TITRES_AVANT_LA_LIGNE]):
        titres = [" ".join(en_texte(cellule).split()) for cellule in rangee.cellules]
        pleines = sum(1 for titre in titres if titre)
        if pleines < 2 or any(len(titre) > 120 for titre in titres):
            continue
        dites, _ = choix.de(titres)
        comptes = {
            niveau: len(_correspondre(niveau, titres, dites))
            for niveau in ([choix.niveau] if choix.niveau else reversed(Niveau.values))
        }
        nomme = niveau_du_nom(tableau.nom)
        niveau = max(comptes, key=lambda n: comptes[n] * 10 + (n == Niveau.SESSION) * 5 + (n == nomme) * 20)
        if comptes[niveau] >= 2 and (pleines >= 3 or comptes[niveau] == pleines):
            return Tete(rang, titres, niveau, comptes[niveau])
    return None


def niveau_du_nom(feuille: str) -> str:
    """Return the level that the name of a sheet tells, "" when it tells none, or several."""
    mots = set(cle_de_titre(feuille).split())
    dits = {niveau for niveau, noms in _NOMS_DE_FEUILLES.items() if mots & noms}
    return dits.pop() if len(dits) == 1 else ""


_NOMS_DE_FEUILLES: dict[str, frozenset[str]] = {
    Niveau.CONTACT: frozenset(("contact", "contacts", "carnet", "interlocuteurs")),
    Niveau.ADRESSE: frozenset(("adresse", "adresses", "lieu", "lieux", "site", "sites")),
    Niveau.OFFRE: frozenset(("offre", "offres", "formation", "formations", "catalogue")),
    Niveau.ACTION: frozenset(("action", "actions")),
    Niveau.SESSION: frozenset(("session", "sessions", "planning", "calendrier", "dates")),
}


def _correspondre(niveau: str, titres: list[str], dites: dict[str, str]) -> dict[int, str]:
    """Return the field that each column fills, by rank; a field is filled once.

    `dites` gives what a person said, by title.
    """
    trouves: dict[int, str] = {}
    connus = cibles(niveau)
    dits = {rang: dites[cle] for rang, t in enumerate(titres) if (cle := cle_de_titre(t)) in dites}
    for rang, nom in dits.items():
        if nom in connus and nom not in trouves.values():
            trouves[rang] = nom
    reste = [rang for rang in range(len(titres)) if rang not in dits]
    # A title that may name two fields leaves the first one to a title that names nothing else.
    for rang in sorted(reste, key=lambda rang: cle_de_titre(titres[rang]) in _AMBIGUS):
        nom = cible_du_titre(niveau, titres[rang], trouves.values())
        if nom == PERIODE and "date_fin" in trouves.values():
            # « Date » beside « Fin » is the first day.
            nom = "date_debut"
        if nom and nom not in trouves.values() and not (nom == PERIODE and "date_debut" in trouves.values()):
            trouves[rang] = nom
    return trouves


def lire_tableau(tableau: Tableau, tete: Tete, choix: Choix, format_: str) -> Lecture:
    """Return the lines of a table whose header row was found."""
    dites, fixes = choix.de(tete.titres)
    correspondance = _correspondre(tete.niveau, tete.titres, dites)
    suite = tableau.rangees[tete.rang + 1 :]
    lecture = Lecture(
        format_, encodage=tableau.encodage, separateur=tableau.separateur, feuille=tableau.nom,
        niveau=tete.niveau, ligne_de_titres=tableau.rangees[tete.rang].ligne,
        remarques=list(tableau.remarques), empreinte=empreinte_de(tete.titres),
    )  # fmt: skip
    lecture.colonnes = _colonnes(tete, suite, correspondance, tableau.colonnes_masquees)
    lecture.remarques += _remarques(tete, tableau, lecture.colonnes)
    lecteur = _Lignes(tete, correspondance, fixes, choix.mots, tableau.fusions)
    lecture.lignes = [lecteur.lire(rangee) for rangee in suite]
    return lecture


def empreinte_de(titres: Sequence[str]) -> str:
    """Return what two tables with the same columns have in common."""
    cles = sorted(cle for titre in titres if (cle := cle_de_titre(titre)))
    return hashlib.sha256("|".join(cles).encode()).hexdigest()[:32]


def sans_titres() -> FichierRefuse:
    """Return the refusal of a table whose header row is not found."""
    return FichierRefuse(
        "Aucune ligne de titres n'est reconnue parmi les quinze premières : nommez les colonnes « Session »,"
        " « Du », « au », « Garantie »… Le modèle à télécharger les a toutes."
    )


def _colonnes(
    tete: Tete, suite: list[Rangee], correspondance: dict[int, str], masquees: set[int]
) -> list[ColonneLue]:
    colonnes = []
    for rang, titre in enumerate(tete.titres):
        exemples: list[str] = []
        for rangee in suite:
            texte = en_texte(rangee.cellules[rang]) if rang < len(rangee.cellules) else ""
            if texte and texte[:60] not in exemples:
                exemples.append(texte[:60])
            if len(exemples) == EXEMPLES:
                break
        if titre or exemples:
            cle = cle_de_titre(titre)
            colonnes.append(
                ColonneLue(rang, titre, cle, exemples, correspondance.get(rang, ""), rang in masquees)
            )
    return colonnes


def _remarques(tete: Tete, tableau: Tableau, colonnes: list[ColonneLue]) -> list[str]:
    dites = []
    if tete.rang:
        nombre = sum(1 for rangee in tableau.rangees[: tete.rang] if not rangee.est_vide())
        if nombre:
            reprises = "non reprise" if nombre == 1 else "non reprises"
            dites.append(f"{pluriel(nombre, 'ligne,lignes')} au-dessus des titres, {reprises}.")
    cachees = [f"« {c.titre} »" for c in colonnes if c.masquee and c.champ]
    if cachees:
        une = len(cachees) == 1
        dites.append(
            f"{'Colonne masquée' if une else 'Colonnes masquées'} dans le classeur,"
            f" {'lue' if une else 'lues'} :"
            f" {enumerer(cachees)}."
        )
    return dites


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
        self.niveau, self.mots = tete.niveau, mots
        self.cles = [cle_de_titre(titre) for titre in tete.titres]
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
        lecteur = Lecteur(self.niveau)
        chemin = dict.fromkeys(CHEMINS[self.niveau], "")
        for rang, cible in self.colonnes:
            cellule = rangee.cellules[rang] if rang < len(rangee.cellules) else None
            cellule = self._reprise(rangee, rang, cellule, cible, lecteur)
            if cellule is not None:
                self.dessus[rang] = cellule
            elif cible.nom in CHEMINS[self.niveau][:-1] and rang in self.dessus:
                ligne.temoins[f"{cible.nom}_au_dessus"] = en_texte(self.dessus[rang])
            self._poser(ligne, chemin, lecteur, cible, cellule)
        for cible, ecrit in self.fixes:
            self._poser(ligne, chemin, lecteur, cible, ecrit)
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
        datee = self.niveau == Niveau.SESSION and not _DATEES & pleines.keys()
        if (datee or len(pleines) <= 1) and any(dite.startswith(_TOTAUX) for dite in premieres):
            return TOTAL
        if not pleines:
            return VIDE
        if len(pleines) == 1 and _TITRE_DE_MOIS.fullmatch(premieres[-1]):
            return MOIS
        if [cle_de_titre(en_texte(c)) for c in rangee.cellules][: len(self.cles)] == self.cles:
            return TITRES_REPETES
        return ""

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
