"""The numbers of a search; those that cost most are kept.

They are those of the search that asks for nothing, which reads the whole catalogue, and of those that find
more than COMPTES_AU_PLUS formations. What is kept is true of one state of what the public reads: as soon as
something is withdrawn, it is counted again. The night and each round of the periodic task count the former
before somebody waits.
"""

import datetime as dt
from hashlib import sha256

from django.core.cache import cache

from edof.horloge import aujourd_hui
from publication.mouvements import etat_public
from recherche.ampleur import COMPTES_AU_PLUS
from recherche.demande import Demande
from recherche.facettes import Comptes, compter
from recherche.models import NombresGardes


def nombres(demande: Demande) -> Comptes:
    """Return the numbers of a search."""
    # Read before counting: what is counted is never older than the state that it is kept under.
    jour, etat = aujourd_hui(), etat_public().numero
    cle = f"recherche/nombres/{jour}/{etat}/{_quoi(demande)}"
    comptes: Comptes | None = cache.get(cle)
    if comptes is None:
        comptes = _gardes(jour, etat) if demande.tout else None
        comptes = comptes or compter(demande)
        if demande.tout or comptes.total > COMPTES_AU_PLUS:
            cache.set(cle, comptes)
    return comptes


def _quoi(demande: Demande) -> str:
    """Return a digest of what is searched, whatever its order and its page."""
    dit = (demande.q, demande.endroit, demande.rayon, sorted(demande.filtres.items()))
    return sha256(repr(dit).encode()).hexdigest()


def _gardes(jour: dt.date, etat: int) -> Comptes | None:
    gardes = NombresGardes.objects.filter(jour=jour, etat=etat).first()
    return Comptes.lire(gardes.nombres) if gardes else None


def garder() -> None:
    """Count them if what the public reads has changed, and keep them."""
    jour, etat = aujourd_hui(), etat_public().numero
    if NombresGardes.objects.filter(jour=jour, etat=etat).exists():
        return
    comptes = compter(Demande())
    NombresGardes.objects.exclude(jour=jour).delete()
    NombresGardes.objects.update_or_create(jour=jour, defaults={"etat": etat, "nombres": comptes.ecrire()})
