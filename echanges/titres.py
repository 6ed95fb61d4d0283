"""The titles of a table: on which row they are, the level that they tell, the field that each column fills.

What a person says (`Choix`) wins over what is recognised.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from echanges.cellules import en_texte
from echanges.cibles import PERIODE, cible_du_titre, cibles, cle_de_titre
from echanges.lignes import FichierRefuse, Niveau
from echanges.tableau import Tableau

TITRES_AVANT_LA_LIGNE = 15
# What only « Inscriptions » above a date tells: when people may enrol, not when the session takes place.
_AVANT_LA_SESSION = frozenset(("inscription", "inscriptions", "candidature", "candidatures"))
_DATEES = frozenset(("date_debut", "date_fin", PERIODE))


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


@dataclass(frozen=True)
class Tete:
    """The header row of a table: its rank, its titles, the level that they tell."""

    rang: int
    titres: list[str]
    niveau: str
    reconnues: int
    # The row above has titles too.
    sur_deux: bool = False


def tete_de(tableau: Tableau, choix: Choix) -> Tete | None:
    """Return the header row: the first one of which several titles are known; None without any.

    When the row just below is one too, the titles are on two rows: the second one has the columns, and the
    first one what stands over several of them, or the title of a column that has none below.
    """
    for rang in range(min(TITRES_AVANT_LA_LIGNE, len(tableau.rangees))):
        tete = _tete(tableau, rang, _titres(tableau, rang), choix)
        if tete is None:
            continue
        dessous = _titres(tableau, rang + 1)
        seconde = _tete(tableau, rang + 1, dessous, choix)
        if seconde is None or seconde.reconnues < tete.reconnues or dessous == tete.titres:
            return _sous_une_autre(tableau, tete, choix)
        dessus = _etendus(tableau, rang, tete.titres, dessous)
        titres = [
            bas if bas and cible_du_titre(seconde.niveau, bas) else f"{haut} {bas}".strip()
            for bas, haut in zip_longest(
                _sans_les_inscriptions(dessous, dessus, seconde.niveau), dessus, fillvalue=""
            )
        ]
        return replace(_tete(tableau, rang + 1, titres, choix) or seconde, sur_deux=True)
    return None


def _sous_une_autre(tableau: Tableau, tete: Tete, choix: Choix) -> Tete:
    """Return the header row, once the row above has said of which dates some of its titles are."""
    if not tete.rang:
        return tete
    dessus = _etendus(tableau, tete.rang - 1, _titres(tableau, tete.rang - 1), tete.titres)
    titres = _sans_les_inscriptions(tete.titres, dessus, tete.niveau)
    lue = _tete(tableau, tete.rang, titres, choix) if titres != tete.titres else None
    return replace(lue, sur_deux=True) if lue else tete


def _sans_les_inscriptions(dessous: list[str], dessus: list[str], niveau: str) -> list[str]:
    """Return the titles, those of dates with « Inscriptions » above them said whole.

    Not when no other date would be left: what stands above is then the name of the table.
    """
    dates = [rang for rang, titre in enumerate(dessous) if cible_du_titre(niveau, titre) in _DATEES]
    ailleurs = {rang for rang in dates if _AVANT_LA_SESSION & set(cle_de_titre(dessus[rang]).split())}
    if len(ailleurs) == len(dates):
        return dessous
    return [f"{dessus[rang]} {bas}" if rang in ailleurs else bas for rang, bas in enumerate(dessous)]


def _etendus(tableau: Tableau, rang: int, dessus: list[str], dessous: list[str]) -> list[str]:
    """Return the upper titles, each over all the columns of its merged cell.

    Where nothing is merged, as in a text, it goes on over the titles that come again further.
    """
    etendus = [*dessus, *[""] * (len(dessous) - len(dessus))]
    ligne = tableau.rangees[rang].ligne
    for fusion in tableau.fusions:
        if fusion.haut <= ligne <= fusion.bas and fusion.gauche < len(etendus):
            for colonne in range(fusion.gauche, min(fusion.droite + 1, len(etendus))):
                etendus[colonne] = etendus[fusion.gauche]
    repetes = {titre for titre, nombre in Counter(dessous).items() if titre and nombre > 1}
    for colonne, titre in enumerate(dessous[1:], 1):
        if not etendus[colonne] and titre in repetes:
            etendus[colonne] = etendus[colonne - 1]
    return etendus


def _titres(tableau: Tableau, rang: int) -> list[str]:
    """Return the cells of a row as titles; none after the last row."""
    rangees = tableau.rangees[rang : rang + 1]
    return [" ".join(en_texte(cellule).split()) for rangee in rangees for cellule in rangee.cellules]


def _tete(tableau: Tableau, rang: int, titres: list[str], choix: Choix) -> Tete | None:
    """Return the row as a header, with the level that its titles tell; None when it is not one."""
    pleines = sum(1 for titre in titres if titre)
    if pleines < 2 or any(len(titre) > 120 for titre in titres):
        return None
    dites, _ = choix.de(titres)
    comptes = {
        niveau: len(correspondre(niveau, titres, dites))
        for niveau in ([choix.niveau] if choix.niveau else reversed(Niveau.values))
    }
    nomme = niveau_du_nom(tableau.nom)
    niveau = max(comptes, key=lambda n: comptes[n] * 10 + (n == Niveau.SESSION) * 5 + (n == nomme) * 20)
    if comptes[niveau] < 2 or (pleines < 3 and comptes[niveau] != pleines):
        return None
    return Tete(rang, titres, niveau, comptes[niveau])


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


def correspondre(niveau: str, titres: list[str], dites: dict[str, str]) -> dict[int, str]:
    """Return the field that each column fills, by rank; a field is filled once.

    `dites` gives what a person said, by title.
    """
    trouves: dict[int, str] = {}
    connus = cibles(niveau)
    dits = {rang: dites[cle] for rang, cle in enumerate(cles_de(titres)) if cle in dites}
    for rang, nom in dits.items():
        if nom in connus and nom not in trouves.values():
            trouves[rang] = nom
    reste = [rang for rang in range(len(titres)) if rang not in dits]
    # First the titles that are known as they are; last, those that leave their field to a plainer title.
    for rang in sorted(reste, key=lambda rang: _clarte(niveau, cle_de_titre(titres[rang]))):
        nom = cible_du_titre(niveau, titres[rang], trouves.values())
        if nom == PERIODE and "date_fin" in trouves.values() and titres[rang].lower().startswith("date"):
            # « Date » beside « Fin » is the first day.
            nom = "date_debut"
        if nom == PERIODE and _DATEES & set(trouves.values()):
            continue
        if nom and nom not in trouves.values():
            trouves[rang] = nom
    return trouves


def _clarte(niveau: str, cle: str) -> int:
    """Return how late a title takes its field: « Date de début » comes before « Date de début du stage »."""
    nommees = [nom for nom, cible in cibles(niveau).items() if cle in cible.noms]
    return 2 if PERIODE in nommees or cle == "adresse" else int(not nommees)


def cles_de(titres: Sequence[str]) -> list[str]:
    """Return how each column is told from the others: its title, folded, and its rank if need be."""
    vues: Counter[str] = Counter()
    cles = []
    for rang, cle in enumerate(map(cle_de_titre, titres), 1):
        vues[cle] += 1
        cles.append(f"colonne {rang}" if not cle else cle if vues[cle] == 1 else f"{cle} ({vues[cle]})")
    return cles


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
