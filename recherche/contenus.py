"""The published contents that the results show, read by their keys: two statements, composed once."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from edof.gardees import Gardee, parmi
from edof.replique import connexion_de_lecture
from publication.models import Contenu


def lire_les_contenus(cles: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return these contents, by key."""
    return dict(_contenus(connexion_de_lecture().alias, "contenu").lignes(cles=[*cles]))


def lire_les_noms(cles: Iterable[int]) -> dict[int, dict[str, Any]]:
    """Return what names the certification and the organisme of these contents, by key: little of each."""
    quoi = ("certification", "organisme")
    lus = _contenus(connexion_de_lecture().alias, *(f"contenu__{nom}" for nom in quoi)).lignes(cles=[*cles])
    return {cle: dict(zip(quoi, noms, strict=True)) for cle, *noms in lus}


# The columns are a few constants; the base is the primary or the replica.
@lru_cache(maxsize=8)
def _contenus(base: str, *colonnes: str) -> Gardee[Contenu]:
    """Return the query that reads these columns of the contents `cles`."""
    return Gardee(Contenu.objects.using(base).filter(parmi("pk", "cles")).values_list("pk", *colonnes))
