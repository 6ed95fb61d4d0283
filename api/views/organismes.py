"""Views of the organisme of the token."""

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api.listes import CHOIX, liste_simple
from api.pagination import Lignes
from api.parametres import CLE, PAGE
from api.schema import LECTURE, LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.reponses import OrganismeSerializer
from api.views.base import Vue
from organismes.models import Organisme


class OrganismeVue(Vue):
    """The operations on organismes: there is always only one, that of the token."""

    chapitre, ressource = "Organismes", "organismes"
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Lister vos organismes",
            "Celui du jeton.",
            page_de(OrganismeSerializer, partielle=True),
            parametres=(*PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "lire": Doc(
            "Lire votre organisme",
            "Avec ses certificats Qualiopi.",
            OrganismeSerializer,
            parametres=(CLE,),
            erreurs=LECTURE_D_UNE,
        ),
    }

    lecture = OrganismeSerializer

    @classmethod
    def de(cls, organisme: Organisme) -> QuerySet[Any]:
        """Return this organisme, with its certificates."""
        return Organisme.objects.filter(pk=organisme.pk).prefetch_related("qualiopi")

    def _ensemble(self) -> QuerySet[Any]:
        return self.de(self.jeton.organisme)

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page that contains the organisme of the token."""
        return liste_simple(request, self.ressource, self.lecture, Lignes(self._ensemble()))

    def lire(self, request: Request, id: int) -> Response:
        """Return the organisme of the token."""
        return Response(OrganismeSerializer(get_object_or_404(self._ensemble(), pk=id)).data)
