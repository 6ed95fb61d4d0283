"""What the results show, contents and sessions, read by their keys: statements composed once."""

import datetime as dt
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from edof.gardees import Donnee, Gardee, parmi
from edof.horloge import aujourd_hui
from edof.replique import connexion_de_lecture
from publication.models import Contenu, Parution
from publication.visibilite import publiques


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


def lire_les_sessions(actions: list[int], lus: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the sessions of these actions that answer the search, in the order of their dates."""
    bornes = {nom: lus[nom] for nom in ("du", "au") if nom in lus}
    lecture = _lecture(aujourd_hui(), connexion_de_lecture().alias, frozenset(bornes), "garantie" in lus)
    return lecture.lignes(actions=actions, **bornes)


# Some days, as `visibilite` keeps its own; each with or without each end of the period, and the guarantee.
@lru_cache(maxsize=64)
def _lecture(jour: dt.date, base: str, bornes: frozenset[str], garantie: bool) -> Gardee[Parution]:
    """Return the query that reads the sessions of `actions` on `jour`; call it on that day."""
    parutions = publiques().using(base).filter(parmi("action", "actions"))
    if "du" in bornes:
        parutions = parutions.filter(date_debut__gte=Donnee("du"))
    if "au" in bornes:
        parutions = parutions.filter(date_debut__lte=Donnee("au"))
    if garantie:
        parutions = parutions.filter(contenu__garantie=True)
    return Gardee(parutions.order_by("date_debut", "session_id").values_list("action_id", "contenu"))
