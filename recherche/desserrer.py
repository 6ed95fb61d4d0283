"""When nothing is found: what to loosen, each with what it would give."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from recherche.demande import RAYONS, Demande
from recherche.facettes import Comptes, seulement_le_total

PROPOSES = 5
# At most this many words are tried alone.
MOTS = 4


@dataclass(frozen=True)
class Piste:
    """A search that is wider: without a criterion, farther, anywhere, or with some of the words."""

    genre: str
    quoi: str
    nombre: int


def pistes(demande: Demande, comptes: Comptes) -> list[Piste]:
    """Return what would find something, what finds most first within each kind."""
    return list(_pistes(demande, comptes))[:PROPOSES]


def _pistes(demande: Demande, comptes: Comptes) -> Iterator[Piste]:
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
        essais = []
        for terme in demande.mots.termes[:MOTS]:
            seul = replace(demande.mots, q="", termes=(terme,))
            if nombre := seulement_le_total(replace(demande, mots=seul)):
                essais.append((nombre, " ".join(terme.suites[0])))
        yield from (Piste("mot", mot, nombre) for nombre, mot in sorted(essais, reverse=True)[:2])
    if demande.filtres and (nombre := seulement_le_total(replace(demande, filtres={}))):
        yield Piste("filtres", "", nombre)
