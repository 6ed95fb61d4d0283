"""The numbers of « Sessions »: how many sessions answer, at each step; they add up."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any
from urllib.parse import urlencode

from django.core.cache import cache
from django.http import QueryDict

from bureau.catalogue.comptes import GRAND, SECONDES
from bureau.catalogue.filtres import Filtres
from bureau.sessions.filtres import FiltresDesSessions
from catalogue.cycle_de_vie import Statut
from edof.gardees import une_de
from publication.decomptes import decompter, decompter_parmi
from publication.etapes import par_etape


class Comptes:
    """The number of sessions of the organisme, and of those that answer, by step.

    One query, and a second one for a search or a filter. Above GRAND sessions, what these find is at most
    SECONDES seconds old, as in the catalogue.
    """

    def __init__(self, filtres: FiltresDesSessions) -> None:
        decomptes = decompter(filtres.organisme)
        gardes, self.en_cours = decomptes.par_etape, decomptes.en_cours
        self.total = sum(gardes.values())
        self.par_etape = _comptees(filtres.sans("etape"), self.total) if _filtre(filtres) else gardes
        etape = filtres.valeurs.get("etape")
        self.toutes = sum(self.par_etape.values())
        self.repondent = self.par_etape.get(etape, 0) if etape else self.toutes


def combien(filtres: Filtres, total: int) -> int:
    """Return how many sessions answer the filters of the catalogue; `total` when it has none."""
    parametres = urlencode(filtres.parametres())
    if not parametres:
        return total
    demandes = FiltresDesSessions(filtres.organisme, QueryDict(parametres))
    # What the page has found is not searched again.
    demandes.recherche = filtres.recherche
    return _garde("combien", demandes, total, lambda: _repondent(demandes))


def _repondent(filtres: FiltresDesSessions) -> int:
    """Return how many sessions answer, which `decompter` was called for before.

    A word is most often in what offres say of themselves: their numbers are kept.
    """
    recherche = filtres.recherche
    if set(filtres.valeurs) != {"q"} or recherche.exactes or not recherche.entieres:
        return filtres.sessions().count()
    entieres = decompter_parmi(filtres.organisme, recherche.entieres).par_niveau["session"]
    gardees = entieres.total() - entieres[Statut.ARCHIVEE]
    if len(recherche.entieres) == len(recherche.trouvees):
        return gardees
    autres = filtres.sessions().exclude(une_de("action__offre", recherche.entieres))
    return gardees + autres.count()


def _filtre(filtres: FiltresDesSessions) -> bool:
    return any(nom != "etape" for nom in filtres.valeurs)


def _comptees(filtres: FiltresDesSessions, total: int) -> dict[str, int]:
    return _garde("etapes", filtres, total, lambda: par_etape(filtres.sessions()))


def _garde(quoi: str, filtres: FiltresDesSessions, total: int, compter: Callable[[], Any]) -> Any:
    """Return these numbers, kept for a while when the organisme has many sessions."""
    if total <= GRAND:
        return compter()
    demande = sha256(urlencode(filtres.parametres()).encode()).hexdigest()
    cle = f"sessions-{quoi}-{filtres.organisme.pk}-{demande}"
    if (gardes := cache.get(cle)) is not None:
        return gardes
    comptes = compter()
    cache.set(cle, comptes, SECONDES)
    return comptes
