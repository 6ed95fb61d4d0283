"""View of the history of a record, with the same entries as on the web pages."""

from typing import Any, ClassVar

from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.pagination import adresse
from api.parametres import CLE, CURSEUR, TAILLE, TAILLE_DE_PAGE, Parametre
from api.schema import LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.reponses import EntreeDHistoriqueSerializer
from api.views.base import Vue
from catalogue.historique import Historique
from catalogue.models import Fiche

ENFANTS = Parametre("enfants", "true : avec ce qu'elle contient.", {"type": "boolean", "default": False})
RANG = Parametre("curseur", "Donné par `suivante`.", {**CURSEUR.schema, "maximum": 1_000_000})
PAGE_D_HISTORIQUE = page_de(EntreeDHistoriqueSerializer)


class AvecHistorique(Vue):
    """The history operation, which offres, actions and sessions have."""

    modele: ClassVar[type[Fiche]]

    def historique(self, request: Request, id: int) -> Response:
        """Return a page of the entries of the history, latest first."""
        fiche = get_object_or_404(self.modele.objects.pour_organisme(self.jeton.organisme), pk=id)
        taille = parametres.entier(request, TAILLE_DE_PAGE, TAILLE) or TAILLE
        debut = parametres.entier(request, RANG, 0) or 0
        entrees: list[Any] = Historique(fiche, enfants=parametres.vrai(request, ENFANTS))[
            debut : debut + taille + 1
        ]
        suivante = adresse(request, debut + taille) if len(entrees) > taille else None
        return Response(
            {"suivante": suivante, "resultats": EntreeDHistoriqueSerializer(entrees[:taille], many=True).data}
        )


def doc_de_l_historique(un: str) -> Doc:
    """Return the description of the history operation."""
    return Doc(
        f"Lire l'historique d'{un}",
        "Le dernier changement d'abord : qui, quoi, d'où. Les modifications d'une même personne, ou d'un même"
        " jeton, à moins de dix minutes d'écart n'en font qu'une.",
        PAGE_D_HISTORIQUE,
        parametres=(CLE, ENFANTS, RANG, TAILLE_DE_PAGE),
        erreurs=LECTURE_D_UNE,
    )
