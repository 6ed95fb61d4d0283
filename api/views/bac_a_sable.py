"""The sandbox of the token: its day, and how its clock is put forward."""

from typing import Any, ClassVar

from django.http import Http404
from rest_framework.request import Request
from rest_framework.response import Response

from api.ecriture import lire_le_corps
from api.schema import ECRITURE, LECTURE_D_UNE, Doc
from api.serializers.bac_a_sable import AvanceSerializer, BacASableSerializer
from api.views.base import Vue
from edof.problemes import Probleme, Raison
from organismes.bac_a_sable import bac_de
from organismes.droits import Operation
from organismes.models import BacASable
from publication.bac_a_sable import JOURS_AU_PLUS, AvanceRefusee, avancer


class BacASableVue(Vue):
    """The operations on the sandbox that the organisme of the token is; 404 when it is none."""

    chapitre, ressource = "Bac à sable", "bac_a_sable"
    docs: ClassVar[dict[str, Doc]] = {
        "lire": Doc(
            "Lire l'horloge du bac à sable",
            "Le jour où en est votre bac à sable. 404 pour un organisme qui n'en est pas un : un bac à sable"
            " se crée par les écrans, page « Bac à sable », et ses jetons comme ceux de tout organisme.",
            BacASableSerializer,
            erreurs=LECTURE_D_UNE,
        ),
        "avancer": Doc(
            "Faire avancer l'horloge du bac à sable",
            "Chaque jour passé publie, comme une vraie nuit : ce qui est programmé se fait, ce qui est ouvert"
            " paraît, les webhooks et le fil des changements le disent. Rien n'en devient public. Avec une"
            " `Idempotency-Key`, la même demande n'avance qu'une fois.",
            BacASableSerializer,
            corps=AvanceSerializer,
            erreurs=ECRITURE,
        ),
    }

    def _bac(self) -> BacASable:
        if (bac := bac_de(self.jeton.organisme)) is None:
            raise Http404
        return bac

    def lire(self, request: Request) -> Response:
        """Return the day of the sandbox."""
        return Response(BacASableSerializer(self._bac()).data)

    def avancer(self, request: Request) -> Response:
        """Put the clock forward (POST)."""
        bac = self._bac()
        self.exiger(Operation.MODIFIER)
        try:
            bac = avancer(bac, _jours(lire_le_corps(request.data, AvanceSerializer())))
        except AvanceRefusee as refus:
            raise Probleme("operation_refusee", "", [Raison(str(refus), None, "etat")]) from refus
        return Response(BacASableSerializer(bac).data)


def _jours(lu: dict[str, Any]) -> int:
    """Return the number of days of the body; raise Probleme when it is none that is allowed."""
    jours = lu.get("jours", 1)
    if not 1 <= jours <= JOURS_AU_PLUS:
        phrase = f"Avancez de 1 à {JOURS_AU_PLUS} jours à la fois."
        raise Probleme("validation", "", [Raison(phrase, "jours", "valeur")])
    return int(jours)
