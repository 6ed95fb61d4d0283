"""The first rows of a search around a place, without reading all that is around it when many are there.

Of words that nearly all have, only some have them in their title, and come first: as many as a page are found
in a small circle most of the time. In the order of prices, dates or durations, they are found among the first
of the country. What is looked for in vain so is read whole.
"""

from dataclasses import replace

from recherche.ampleur import Autour, Ayant, chemin, part_des_filtres, petit, taille
from recherche.chemins import Chemin
from recherche.demande import Demande
from recherche.lignes import Ligne, existe, limite, lire, ordre
from recherche.mots import BANDES, Lecture
from recherche.sql import Sql, et, ou

# Up to so many formations, all are read.
VASTE_PRES = 2_500
# How many times more than what is expected to be enough are looked among, at first and then.
MARGES: tuple[float, ...] = (2.0, 6.0)
# Up to which part of the whole it is worth while.
AU_PLUS = 0.6


def premieres(demande: Demande, combien: int) -> list[Ligne]:
    """Return the first rows of a search around a place."""
    if petit():
        return lire(demande, combien, chemin=chemin(demande))
    autour, mots = Autour(demande), demande.mots
    ayant = Ayant.lire(mots.condition()) if mots else None
    filtres = part_des_filtres(demande)
    part = filtres * (ayant.part if ayant else 1)
    lues = None
    if ordre(demande) and autour.nombre * part > VASTE_PRES:
        if ordre(demande) != "distance":
            lues = _dans_l_ordre(demande, combien, autour, part)
        elif demande.tri == "distance" or not mots or not mots.termes:
            lues = _dans_un_cercle(demande, combien, autour, part)
        else:
            lues = _par_bandes(demande, mots, combien, autour, filtres, part)
    return lire(demande, combien, chemin=autour.chemin(ayant)) if lues is None else lues


def _par_bandes(
    demande: Demande, mots: Lecture, combien: int, autour: Autour, filtres: float, part: float
) -> list[Ligne] | None:
    """Return the first rows, those that have the words in their title first; None when all is to be read."""
    bande = demande.curseur.bande if demande.curseur else 0
    lignes: list[Ligne] = []
    if bande < len(BANDES):
        # Each of them is in many: together, they are not rare as a word that PostgreSQL does not know.
        titres = Ayant.lire(
            et(*(Sql("m.mots @@ %s::tsquery", terme.simple()) for terme in mots.termes)), rares=False
        )
        if bande == 1 or (bande == 0 and not existe(mots.exact())):
            lues = _dans_un_cercle(demande, combien, autour, filtres * titres.part, bande=1)
            if lues is not None:
                return lues
        entete = ou(mots.exact(), mots.entete())
        # A word and its stem are one: PostgreSQL would count nearly twice as many.
        ayant = replace(Ayant.lire(entete), nombre=titres.nombre)
        if (par := autour.chemin(ayant)) is Chemin.PLACE:
            return None
        lignes = lire(demande, combien, mots=entete, chemin=par)
        demande = replace(demande, curseur=None)
    if (manque := combien - len(lignes)) > 0:
        lues = _dans_un_cercle(demande, manque, autour, part, bande=len(BANDES))
        lignes += lire(demande, manque, bande=len(BANDES)) if lues is None else lues
    return lignes


def _dans_un_cercle(
    demande: Demande, combien: int, autour: Autour, part: float, bande: int | None = None
) -> list[Ligne] | None:
    """Return the first rows by distance, or those of a band, found in a smaller circle; None if too few."""
    apres = demande.curseur.valeur if demande.curseur else 0.0
    for marge in MARGES:
        rayon = autour.rayon(apres, marge * combien / part, AU_PLUS)
        if rayon is None:
            break
        lignes = lire(replace(demande, rayon=rayon), combien, bande=bande)
        if len(lignes) >= combien:
            return lignes
    return None


def _dans_l_ordre(demande: Demande, combien: int, autour: Autour, part: float) -> list[Ligne] | None:
    """Return the first rows found among the first of the country in this order; None if too few."""
    apres = demande.curseur.valeur if demande.curseur else 0.0
    for marge in MARGES:
        fenetre = int(marge * combien * taille() / (autour.nombre * part)) + 1
        if fenetre > autour.nombre * AU_PLUS:
            break
        if (jusqu_a := limite(demande, apres, fenetre)) is None:
            break
        lignes = lire(demande, combien, jusqu_a=jusqu_a)
        if len(lignes) >= combien:
            return lignes
    return None
