"""The OpenAPI description: what each operation says of itself, its parameters, its refusals and its
examples.
"""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from api.exemples import EXEMPLES
from api.parametres import SI_CHANGE, Parametre
from api.serializers.communs import ProblemeSerializer
from edof.problemes import CODES, TYPE_DE_CONTENU

LECTURE = (400, 401, 429)
LECTURE_D_UNE = (400, 401, 404, 429)
ECRITURE = (400, 401, 403, 404, 409, 411, 412, 413, 415, 422, 429)
PUBLIC = (400, 401, 404, 429)


@dataclass(frozen=True)
class Doc:
    """What an operation says of itself: the view obeys it (parameters), the schema and the page show it."""

    resume: str
    texte: str
    reponse: type[serializers.Serializer] | None
    corps: type[serializers.Serializer] | None = None
    statuts: tuple[int, ...] = (200,)
    parametres: tuple[Parametre, ...] = ()
    erreurs: tuple[int, ...] = LECTURE
    etag: bool = False


class Schema(AutoSchema):
    """Reads the `Doc` of the operation."""

    @property
    def doc(self) -> Doc:
        """Of this method of this address."""
        return self.view.docs[self.view.action]

    def get_operation_id(self) -> str:
        """« lister_offres »."""
        return f"{self.view.action}_{self.view.ressource}".replace("-", "_")

    def get_summary(self) -> str:
        """One line."""
        return self.doc.resume

    def get_description(self) -> str:
        """Some more."""
        return self.doc.texte

    def get_tags(self) -> list[str]:
        """The resource."""
        return [self.view.chapitre]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Pages are objects."""
        return False

    def get_override_parameters(self) -> list[OpenApiParameter]:
        """Those of the address and the headers, then the tag of the answer."""
        lieux = {
            "query": OpenApiParameter.QUERY,
            "path": OpenApiParameter.PATH,
            "header": OpenApiParameter.HEADER,
        }
        parametres = [
            OpenApiParameter(p.nom, p.schema, lieux[p.lieu], required=p.requis, description=p.aide)
            for p in self.doc.parametres
        ]
        if self.doc.etag:
            aide = "La version de la fiche, pour `If-Match` et `If-None-Match`."
            parametres.append(
                OpenApiParameter(
                    "ETag", str, OpenApiParameter.HEADER, description=aide, response=list(self.doc.statuts)
                )
            )
        return parametres

    def get_request_serializer(self) -> Any:
        """What is sent."""
        return self.doc.corps

    def get_response_serializers(self) -> dict[Any, Any]:
        """What is answered: the success, then every refusal."""
        faits = {200: "Fait.", 201: "Créée.", 204: "Supprimée."}
        reponses: dict[Any, Any] = {
            statut: OpenApiResponse(self.doc.reponse, faits[statut]) for statut in self.doc.statuts
        }
        if SI_CHANGE in self.doc.parametres:
            reponses[304] = OpenApiResponse(None, "Rien n'a changé.")
        for statut in self.doc.erreurs:
            titres = " ; ".join(f"{titre} (`{code}`)" for code, (s, titre, _) in CODES.items() if s == statut)
            reponses[statut, TYPE_DE_CONTENU] = OpenApiResponse(ProblemeSerializer, titres)
        return reponses


def finir(result: dict[str, Any], generator: Any, **options: Any) -> dict[str, Any]:
    """A hook of spectacular: an example in each request and each answer, and no unknown field in what is
    sent.
    """
    composants = result["components"]["schemas"]
    for composant in composants.values():
        # Those of the code, for who reads the code.
        composant.pop("description", None)
    for adresse in result["paths"].values():
        for operation in adresse.values():
            envoyes = operation.get("requestBody", {}).get("content", {})
            recus = [reponse.get("content", {}) for reponse in operation["responses"].values()]
            for media in (media for contenu in (envoyes, *recus) for media in contenu.values()):
                media["example"] = EXEMPLES[_nom(media)]
            for media in envoyes.values():
                composants[_nom(media)]["additionalProperties"] = False
    return result


def _nom(media: dict[str, Any]) -> str:
    return media["schema"]["$ref"].rpartition("/")[2]
