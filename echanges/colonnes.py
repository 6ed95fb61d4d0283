"""The columns of a table: the field that each fills, and what is said of those that are left out."""

from dataclasses import dataclass

from echanges.cellules import en_texte
from echanges.cibles import cible_du_titre
from echanges.tableau import Rangee, Tableau
from echanges.titres import Tete, cles_de
from edof.templatetags.affichage import enumerer, pluriel

EXEMPLES = 3


@dataclass
class ColonneLue:
    """A column of the table: its title, its first values, and the field that it fills."""

    rang: int
    titre: str
    cle: str
    exemples: list[str]
    champ: str = ""
    masquee: bool = False


def colonnes_de(
    tete: Tete, suite: list[Rangee], correspondance: dict[int, str], masquees: set[int]
) -> list[ColonneLue]:
    """Return the columns that have a title or values."""
    colonnes, cles = [], cles_de(tete.titres)
    for rang, titre in enumerate(tete.titres):
        exemples: list[str] = []
        for rangee in suite:
            texte = en_texte(rangee.cellules[rang]) if rang < len(rangee.cellules) else ""
            if texte and texte[:60] not in exemples:
                exemples.append(texte[:60])
            if len(exemples) == EXEMPLES:
                break
        if titre or exemples:
            colonnes.append(
                ColonneLue(rang, titre, cles[rang], exemples, correspondance.get(rang, ""), rang in masquees)
            )
    return colonnes


def laissees(tete: Tete, colonnes: list[ColonneLue], dites: dict[str, str]) -> list[str]:
    """Return the sentences about the columns that are left out although they may count."""
    libres = [c for c in colonnes if c.exemples and not c.champ and c.cle not in dites]
    lues = {c.champ: c for c in colonnes if c.champ}
    dites_ = []
    for colonne in libres:
        if not colonne.titre:
            dites_.append(f"Une colonne sans titre n'est pas reprise : « {colonne.exemples[0]} »…")
        elif lue := lues.get(cible_du_titre(tete.niveau, colonne.titre, lues)):
            meme = "une autre a le même titre" if lue.titre == colonne.titre else f"« {lue.titre} » l'est"
            dites_.append(f"La colonne « {colonne.titre} » n'est pas reprise : {meme}.")
    return dites_


def remarques(tete: Tete, tableau: Tableau, colonnes: list[ColonneLue]) -> list[str]:
    """Return the sentences about what is above the titles, and about what the workbook hides."""
    dites = []
    if tete.sur_deux:
        dites.append("Titres lus sur deux lignes.")
    if tete.rang:
        dessus = tableau.rangees[: tete.rang - tete.sur_deux]
        nombre = sum(1 for rangee in dessus if not rangee.est_vide())
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
