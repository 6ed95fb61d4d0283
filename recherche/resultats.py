"""The formations that a search finds, page by page.

A page begins after the last formation of the page before, in the order of the search: the two hundredth costs
what the first does. At the same rank, the order is that of a hash of the action and of the day: neutral, the
same all day, another one tomorrow.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from publication import coordonnees
from recherche.ampleur import chemin, vaste
from recherche.chemins import Chemin
from recherche.contenus import lire_les_contenus, lire_les_sessions
from recherche.demande import Curseur, Demande
from recherche.lignes import Ligne, existe, limite, lire, ordre
from recherche.mots import BANDES
from recherche.proches import premieres

PAR_PAGE = 20
# Among how many actions that the order begins with the first rows are looked for, and then among how many.
FENETRES: tuple[int, ...] = (500, 5_000)
# In a département, each action is found by its commune: that takes longer.
VASTE_AUTOUR = 10_000


@dataclass(frozen=True)
class Trouvee:
    """A formation of the page: its row, what is shown of it, and its sessions that answer the search."""

    action: int
    contenu_offre: int
    contenu_action: int
    km: float | None
    environ: bool
    sessions: list[dict[str, Any]] = field(default_factory=list)
    offre: dict[str, Any] = field(default_factory=dict)
    contenu: dict[str, Any] = field(default_factory=dict)

    @property
    def ville(self) -> str:
        """Return the town, or « À distance »."""
        return coordonnees.ou(self.contenu)


@dataclass(frozen=True)
class Page:
    """A page of results, and the cursor of the next one."""

    trouvees: list[Trouvee]
    suivante: str = ""


def chercher(demande: Demande, par_page: int = PAR_PAGE) -> Page:
    """Return the page that the search asks for: one query, however deep, and two for what is shown.

    Of what nearly everything answers, the first rows are looked for among those that the order begins with.
    """
    saut = (demande.page - 1) * par_page
    combien = saut + par_page + 1
    if demande.precis:
        lignes = premieres(demande, combien)
    elif (
        ordre(demande)
        and (demande.mots or demande.endroit)
        and vaste(demande, VASTE_AUTOUR if demande.endroit else None)
    ):
        lignes = _par_bandes(demande, combien)
    else:
        # A filter may leave fewer than the words.
        lignes = lire(demande, combien, chemin=Chemin.PLACE if demande.filtres else chemin(demande))
    lignes = lignes[saut:]
    suivante = ""
    if len(lignes) > par_page:
        action, *_, b, v, h = lignes[par_page - 1]
        suivante = Curseur(demande.tri, demande.jour, b, v, h, action).ecrire()
    trouvees = [Trouvee(*ligne[:5]) for ligne in lignes[:par_page]]
    return Page(_montrer(trouvees, demande), suivante)


def _par_bandes(demande: Demande, combien: int) -> list[Ligne]:
    """Return the first rows of a search, each band in its turn, until there are enough."""
    lignes: list[Ligne] = []
    for bande in _bandes(demande):
        ici, manque = demande, combien - len(lignes)
        if bande is not None and demande.curseur and demande.curseur.bande != bande:
            ici = replace(demande, curseur=None)
        lues = _debut(ici, manque, bande)
        if lues is None and demande.endroit and bande in (None, len(BANDES)):
            # Few have it in a title; what has it anywhere is found in the département, for all the bands.
            return lire(demande, combien)
        lignes += lire(ici, manque, bande=bande, a_part=True) if lues is None else lues
        if len(lignes) >= combien:
            break
    return lignes


def _bandes(demande: Demande) -> Iterator[int | None]:
    """Yield the bands that are left to read and have something; None when the order has no band."""
    if demande.tri != "pertinence" or not demande.mots or not demande.mots.termes:
        yield None
        return
    premiere = demande.curseur.bande if demande.curseur else 0
    a_un_exact, a_un_titre = existe(demande.mots.exact()), existe(demande.mots.entete())
    for bande in range(premiere, len(BANDES) + 1):
        if a_un_exact if bande == 0 else a_un_titre or bande == len(BANDES):
            yield bande


def _debut(demande: Demande, combien: int, bande: int | None) -> list[Ligne] | None:
    """Return the first rows of a band found among the first actions of the order; None if too few."""
    apres = demande.curseur.valeur if demande.curseur else 0.0
    # Of what has the exact code there is little: its index finds it.
    for fenetre in () if bande == 0 else FENETRES:
        if (jusqu_a := limite(demande, apres, fenetre)) is None:
            break
        lignes = lire(demande, combien, bande=bande, jusqu_a=jusqu_a)
        if len(lignes) >= combien:
            return lignes
    return None


def _montrer(trouvees: list[Trouvee], demande: Demande) -> list[Trouvee]:
    """Return the same formations with their contents and their sessions, in two queries."""
    cles = {cle for t in trouvees for cle in (t.contenu_offre, t.contenu_action)}
    contenus = lire_les_contenus(cles)
    sessions: dict[int, list[dict[str, Any]]] = {}
    for action, contenu in lire_les_sessions([t.action for t in trouvees], demande.filtres):
        sessions.setdefault(action, []).append(contenu)
    return [
        replace(
            trouvee,
            offre=contenus[trouvee.contenu_offre],
            contenu=contenus[trouvee.contenu_action],
            sessions=sessions.get(trouvee.action, []),
        )
        for trouvee in trouvees
    ]
