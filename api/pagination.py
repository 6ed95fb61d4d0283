"""Pagination of the lists, with a total order on the keys and a cursor.

Deep pages cost no more than the first one.
"""

from collections.abc import Callable, Iterator
from typing import Any, Protocol

from django.db.models import QuerySet
from rest_framework.request import Request

from api import parametres
from echanges.ecriture_tableur import LIGNES_D_UN_CSV

_A_LA_FOIS = 500


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


# --- What a list reads ---


class Source(Protocol):
    """What a list reads: the page that is asked for, or all of it, piece by piece."""

    # How many rows all of it may have.
    au_plus: int

    def page(self, request: Request) -> tuple[list[Any], str | None]:
        """Return the requested page, and the URL of the next one."""

    def nombre(self) -> int:
        """Return how many rows there are."""

    def morceaux(self) -> Iterator[list[Any]]:
        """Yield all the rows, piece by piece."""


class Lignes:
    """Rows of the database, in the order of a key; `montrer` makes of some of them what is shown."""

    au_plus = LIGNES_D_UN_CSV

    def __init__(
        self,
        ensemble: QuerySet[Any],
        montrer: Callable[[list[Any]], list[Any]] = list,
        *,
        cle: str = "pk",
    ) -> None:
        self.ensemble, self.montrer, self.cle = ensemble, montrer, cle

    def page(self, request: Request) -> tuple[list[Any], str | None]:
        """Return the requested page, and the URL of the next one."""
        lignes, suivante = page(request, self.ensemble, cle=self.cle)
        return self.montrer(lignes), suivante

    def nombre(self) -> int:
        """Return how many rows there are."""
        return self.ensemble.count()

    def apres(self, cle: int) -> list[Any]:
        """Return the rows of a piece, those that follow this key."""
        return list(self.ensemble.filter(**{f"{self.cle}__gt": cle}).order_by(self.cle)[:_A_LA_FOIS])

    def morceaux(self) -> Iterator[list[Any]]:
        """Yield all the rows, piece by piece."""
        derniere = 0
        while lignes := self.apres(derniere):
            derniere = _valeur(lignes[-1], self.cle)
            yield self.montrer(lignes)
