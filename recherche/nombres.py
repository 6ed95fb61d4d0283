"""The numbers of a search; those of the one that asks for nothing, which reads the whole catalogue, are kept.

What is kept is true of one state of what the public reads: as soon as something is withdrawn, they are
counted again. The night and each round of the periodic task count them before somebody waits.
"""

from django.core.cache import cache

from edof.horloge import aujourd_hui
from publication.mouvements import etat_public
from recherche.demande import Demande
from recherche.facettes import Comptes, compter
from recherche.models import NombresGardes


def nombres(demande: Demande) -> Comptes:
    """Return the numbers of a search."""
    if demande.mots or demande.endroit or demande.filtres:
        return compter(demande)
    # Read before counting: what is counted is never older than the state that it is kept under.
    jour, etat = aujourd_hui(), etat_public().numero
    cle = f"recherche/nombres/{jour}/{etat}"
    comptes: Comptes | None = cache.get(cle)
    if comptes is None:
        gardes = NombresGardes.objects.filter(jour=jour, etat=etat).first()
        comptes = Comptes.lire(gardes.nombres) if gardes else compter(Demande())
        cache.set(cle, comptes)
    return comptes


def garder() -> None:
    """Count them if what the public reads has changed, and keep them."""
    jour, etat = aujourd_hui(), etat_public().numero
    if NombresGardes.objects.filter(jour=jour, etat=etat).exists():
        return
    comptes = compter(Demande())
    NombresGardes.objects.exclude(jour=jour).delete()
    NombresGardes.objects.update_or_create(jour=jour, defaults={"etat": etat, "nombres": comptes.ecrire()})
