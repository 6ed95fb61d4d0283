"""View of the history of a record, with the same entries as on the web pages."""

from collections.abc import Iterator
from typing import Any, ClassVar

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework.request import Request

from api import parametres
from api.listes import CHOIX, liste_simple
from api.pagination import adresse
from api.parametres import CLE, CURSEUR, TAILLE, TAILLE_DE_PAGE, Parametre
from api.schema import LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.reponses import EntreeDHistoriqueSerializer
from api.views.base import Vue
from catalogue.historique import Historique
from catalogue.models import Fiche

ENFANTS = Parametre("enfants", "true : avec ce qu'elle contient.", {"type": "boolean", "default": False})
_A_LA_FOIS = 1_000
RANG = Parametre("curseur", "Donné par `suivante`.", {**CURSEUR.schema, "maximum": 1_000_000})
PAGE_D_HISTORIQUE = page_de(EntreeDHistoriqueSerializer, partielle=True)


class _Entrees:
    """The entries of a history, latest first. A page is found by its rank: deep ones cost more."""

    au_plus = 10_000

    def __init__(self, historique: Historique) -> None:
        self.historique = historique

    def page(self, request: Request) -> tuple[list[Any], str | None]:
        """Return the requested page, and the URL of the next one."""
        taille = parametres.entier(request, TAILLE_DE_PAGE, TAILLE) or TAILLE
        debut = parametres.entier(request, RANG, 0) or 0
        entrees: list[Any] = self.historique[debut : debut + taille + 1]
        return entrees[:taille], adresse(request, debut + taille) if len(entrees) > taille else None

    def nombre(self) -> int:
        """Return how many entries there are."""
        return len(self.historique)

    def morceaux(self) -> Iterator[list[Any]]:
        """Yield all the entries, piece by piece."""
        for debut in range(0, self.nombre(), _A_LA_FOIS):
            yield self.historique[debut : debut + _A_LA_FOIS]


class AvecHistorique(Vue):
    """The history operation, which offres, actions and sessions have."""

    modele: ClassVar[type[Fiche]]

    def historique(self, request: Request, id: int) -> HttpResponseBase:
        """Return a page of the entries of the history, latest first."""
        fiche = get_object_or_404(self.modele.objects.pour_organisme(self.jeton.organisme), pk=id)
        entrees = _Entrees(Historique(fiche, enfants=parametres.vrai(request, ENFANTS)))
        nom = f"historique-{fiche._meta.model_name}-{id}"
        return liste_simple(request, nom, EntreeDHistoriqueSerializer, entrees)


def doc_de_l_historique(un: str) -> Doc:
    """Return the description of the history operation."""
    return Doc(
        f"Lire l'historique d'{un}",
        "Le dernier changement d'abord : qui, quoi, d'où. Les modifications d'une même personne, ou d'un même"
        " jeton, à moins de dix minutes d'écart n'en font qu'une.",
        PAGE_D_HISTORIQUE,
        parametres=(CLE, ENFANTS, RANG, TAILLE_DE_PAGE, *CHOIX),
        erreurs=LECTURE_D_UNE,
        tableau=True,
    )
