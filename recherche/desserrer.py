"""When nothing is found: what to loosen, each with what it would give."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from catalogue.recherche_de_certification import sans_accents
from recherche.demande import RAYONS, Demande
from recherche.facettes import Comptes, seulement_le_total
from recherche.lieux import lieu_dans
from recherche.mots import lire
from recherche.vocabulaire import de_la_famille

PROPOSES = 5
# At most this many words are tried alone.
MOTS = 4


@dataclass(frozen=True)
class Piste:
    """A search that finds: without a criterion, farther, anywhere, with some of the words or other ones.

    `quoi` is what makes it so; `q`, the words that are left, when they are others.
    """

    genre: str
    quoi: str
    nombre: int
    q: str = ""


def pistes(demande: Demande, comptes: Comptes) -> list[Piste]:
    """Return what would find something, what finds most first within each kind."""
    return list(_pistes(demande, comptes))[:PROPOSES]


def _pistes(demande: Demande, comptes: Comptes) -> Iterator[Piste]:
    yield from _lieu_parmi_les_mots(demande)
    if demande.precis:
        for rayon in RAYONS:
            if rayon > demande.rayon and (nombre := seulement_le_total(replace(demande, rayon=rayon))):
                yield Piste("rayon", str(rayon), nombre)
                break
    sans = sorted(((nombre, nom) for nom, nombre in comptes.sans.items() if nombre), reverse=True)
    yield from (Piste("critere", nom, nombre) for nombre, nom in sans[:2])
    if demande.endroit and (nombre := seulement_le_total(replace(demande, endroit=None))):
        yield Piste("ou", "", nombre)
    if demande.mots and len(demande.mots.termes) > 1:
        essais: set[tuple[int, str]] = set()
        for terme in demande.mots.termes[:MOTS]:
            seul = replace(demande.mots, q="", termes=(terme,))
            if nombre := seulement_le_total(replace(demande, mots=seul)):
                essais.add((nombre, " ".join(terme.suites[0])))
        yield from (Piste("mot", mot, nombre) for nombre, mot in sorted(essais, reverse=True)[:2])
    yield from _autres_mots(demande)
    if demande.filtres and (nombre := seulement_le_total(replace(demande, filtres={}))):
        yield Piste("filtres", "", nombre)


def _lieu_parmi_les_mots(demande: Demande) -> Iterator[Piste]:
    """Yield what « plombier à Lyon » means, when the place is written with the words."""
    if demande.endroit or "distance" in demande.filtres or not demande.q:
        return
    if lu := lieu_dans(demande.q):
        q, endroit = lu
        la = replace(demande, q=q, mots=lire(q) if q else None, endroit=endroit)
        if nombre := seulement_le_total(la):
            yield Piste("lieu", str(endroit), nombre, q)


def _autres_mots(demande: Demande) -> Iterator[Piste]:
    """Yield the words that begin as one that nothing has: « coiffure » for « coiffeuse »."""
    if not demande.mots:
        return
    for terme in demande.mots.termes[:MOTS]:
        (mot, *suite), *autres = terme.suites
        if terme.exact or suite or autres or not (famille := de_la_famille(mot)):
            continue
        if seulement_le_total(Demande(q=mot, mots=replace(demande.mots, q="", termes=(terme,)))):
            continue
        for connu in famille:
            q = " ".join(connu if sans_accents(dit) == mot else dit for dit in demande.q.split())
            if q != demande.q and (nombre := seulement_le_total(replace(demande, q=q, mots=lire(q)))):
                yield Piste("autre", connu, nombre, q)
