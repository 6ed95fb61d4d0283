"""Views of the certifications, a reference table that belongs to no organisme."""

from typing import ClassVar

from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from api.filtres import CertificationFiltres, parametres_de
from api.listes import CHOIX, liste_simple
from api.pagination import Lignes
from api.parametres import CLE, PAGE
from api.schema import LECTURE, LECTURE_D_UNE, Doc
from api.serializers.communs import page_de
from api.serializers.reponses import CertificationSerializer
from api.views.base import Vue
from catalogue.models import Certification
from organismes.models import Organisme


class CertificationVue(Vue):
    """The operations on certifications."""

    chapitre, ressource = "Certifications", "certifications"
    lecture = CertificationSerializer
    docs: ClassVar[dict[str, Doc]] = {
        "lister": Doc(
            "Chercher une certification",
            "Par mots, par code, par registre, ou par ce qui convient à un type d'action.",
            page_de(CertificationSerializer, partielle=True),
            parametres=(*parametres_de(CertificationFiltres), *PAGE, *CHOIX),
            erreurs=LECTURE,
            tableau=True,
        ),
        "lire": Doc(
            "Lire une certification",
            "Avec ses blocs.",
            CertificationSerializer,
            parametres=(CLE,),
            erreurs=LECTURE_D_UNE,
        ),
    }

    @classmethod
    def de(cls, organisme: Organisme) -> QuerySet[Certification]:
        """Return the certifications, which are those of everybody."""
        return Certification.objects.all()

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of certifications."""
        return liste_simple(
            request,
            self.ressource,
            self.lecture,
            Lignes(self.filtrer(CertificationFiltres, Certification.objects.all())),
        )

    def lire(self, request: Request, id: int) -> Response:
        """Return one certification."""
        return Response(CertificationSerializer(get_object_or_404(Certification, pk=id)).data)
