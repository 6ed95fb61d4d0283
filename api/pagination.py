"""Pagination of the lists, with a total order on the keys and a cursor.

Deep pages cost no more than the first one.
"""

from collections.abc import Callable
from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api import parametres


def page(request: Request, ensemble: QuerySet[Any], *, cle: str = "pk") -> tuple[list[Any], str | None]:
    """Return the requested page, in the order of `cle`, and the URL of the next page.

    The URL is None on the last page.
    """
    taille = parametres.entier(request, parametres.TAILLE_DE_PAGE, parametres.TAILLE)
    curseur = parametres.entier(request, parametres.CURSEUR)
    if curseur is not None:
        ensemble = ensemble.filter(**{f"{cle}__gt": curseur})
    lignes = list(ensemble.order_by(cle)[: taille + 1])
    return lignes[:taille], _suivante(request, lignes, taille, lambda ligne: _valeur(ligne, cle))


def _valeur(ligne: Any, cle: str) -> int:
    return ligne[cle] if isinstance(ligne, dict) else getattr(ligne, cle)


def _suivante(request: Request, lignes: list[Any], taille: int, cle: Callable[[Any], int]) -> str | None:
    return adresse(request, cle(lignes[taille - 1])) if len(lignes) > taille else None


def adresse(request: Request, curseur: int) -> str:
    """Return the URL of this request with this cursor."""
    return suite(request, str(curseur))


def suite(request: Request, curseur: str) -> str:
    """Return the URL of this request with this cursor, a number of page apart."""
    parametres_suivants = request.query_params.copy()
    parametres_suivants.pop("page", None)
    parametres_suivants["curseur"] = curseur
    return request.build_absolute_uri(f"{request.path}?{parametres_suivants.urlencode()}")
