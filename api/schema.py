"""The OpenAPI description: text, parameters, refusals and examples of each operation."""

from dataclasses import dataclass
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse
from rest_framework import serializers

from api import versions
from api.evenements import webhooks
from api.exemples import CREEES, EXEMPLES, REMPLACEES
from api.idempotence import CLE_D_IDEMPOTENCE, ECRITURES
from api.parametres import SI_CHANGE, Parametre
from api.serializers.communs import EN_PARTIE, ProblemeSerializer
from edof.problemes import CODES, TYPE_DE_CONTENU

# What stands for a file among the examples.
FICHIER = "(le fichier)"
# The codes that only some operations answer.
D_UN_LOT = {"lot_refuse", "sans_suite"}
D_UNE_CLE = {"cle_illisible", "cle_en_cours", "cle_deja_prise"}
LECTURE = (400, 401, 429)
LECTURE_D_UNE = (400, 401, 404, 429)
ECRITURE = (400, 401, 403, 404, 409, 411, 412, 413, 415, 422, 429)
PUBLIC = (400, 401, 404, 429)


@dataclass(frozen=True)
class Doc:
    """The description of one operation.

    The view applies it (parameters); the schema and the documentation page show it.
    """

    resume: str
    texte: str
    reponse: type[serializers.Serializer] | None
    corps: type[serializers.Serializer] | None = None
    statuts: tuple[int, ...] = (200,)
    parametres: tuple[Parametre, ...] = ()
    erreurs: tuple[int, ...] = LECTURE
    etag: bool = False
    # The types of the file that is the answer, instead of JSON.
    fichiers: tuple[str, ...] = ()
    # The types of the files that may be sent.
    envois: tuple[str, ...] = ()
    # Whether the answer may also be a table, in CSV.
    tableau: bool = False


def nom_d_operation(vue: Any) -> str:
    """Return the identifier of the operation that this view answers, for example lister_offres."""
    return f"{vue.action}_{vue.ressource}".replace("-", "_")


class Schema(AutoSchema):
    """The inspector of drf-spectacular that reads the `Doc` of the operation."""

    @property
    def doc(self) -> Doc:
        """Return the `Doc` of this method of this URL."""
        return self.view.docs[self.view.action]

    def get_operation_id(self) -> str:
        """Return the identifier of the operation, for example lister_offres."""
        return nom_d_operation(self.view)

    def is_deprecated(self) -> bool:
        """Return whether the end of the operation is announced."""
        return versions.retrait_de(self.get_operation_id()) is not None

    def get_summary(self) -> str:
        """Return the summary of the operation, on one line."""
        return self.doc.resume

    def get_description(self) -> str:
        """Return the description of the operation."""
        return self.doc.texte

    def get_tags(self) -> list[str]:
        """Return the name of the resource as the only tag."""
        return [self.view.chapitre]

    def _is_list_view(self, serializer: Any = None) -> bool:
        """Return False: a page of a list is an object."""
        return False

    def get_override_parameters(self) -> list[OpenApiParameter]:
        """Return the parameters of the URL and the headers, then the ETag of the response."""
        lieux = {
            "query": OpenApiParameter.QUERY,
            "path": OpenApiParameter.PATH,
            "header": OpenApiParameter.HEADER,
        }
        parametres = [
            OpenApiParameter(p.nom, p.schema, lieux[p.lieu], required=p.requis, description=p.aide)
            for p in (*self.doc.parametres, *([CLE_D_IDEMPOTENCE] if self.method in ECRITURES else []))
        ]
        if self.doc.etag:
            aide = "La version de la fiche, pour `If-Match` et `If-None-Match`."
            parametres.append(
                OpenApiParameter(
                    "ETag", str, OpenApiParameter.HEADER, description=aide, response=list(self.doc.statuts)
                )
            )
        return parametres

    def map_parsers(self) -> list[str]:
        """Return the type of a body, but for the operations that take a file (`envois`)."""
        return ["application/json"]

    def get_request_serializer(self) -> Any:
        """Return the serializer of the request body."""
        if self.doc.envois:
            return dict.fromkeys(self.doc.envois, {"type": "string", "format": "binary"})
        return self.doc.corps

    def get_response_serializers(self) -> dict[Any, Any]:
        """Return the responses: the success, then every refusal."""
        faits = {200: "Fait.", 201: "Créée.", 202: "Se fera en tâche.", 204: "Supprimée."}
        reponses: dict[Any, Any] = {
            statut: OpenApiResponse(self.doc.reponse, faits[statut]) for statut in self.doc.statuts
        }
        if self.doc.fichiers:
            fichier = {"type": "string", "format": "binary"}
            reponses = {(200, type_): OpenApiResponse(fichier, "Le fichier.") for type_ in self.doc.fichiers}
        if self.doc.tableau:
            reponses[200, "text/csv"] = OpenApiResponse({"type": "string", "format": "binary"}, faits[200])
        if SI_CHANGE in self.doc.parametres:
            reponses[304] = OpenApiResponse(None, "Rien n'a changé.")
        for statut in self.doc.erreurs:
            titres = " ; ".join(
                f"{titre} (`{code}`)"
                for code, (s, titre, _) in CODES.items()
                if s == statut and code not in self._jamais()
            )
            reponses[statut, TYPE_DE_CONTENU] = OpenApiResponse(ProblemeSerializer, titres)
        return reponses

    def _jamais(self) -> set[str]:
        """Return the codes that this operation never answers."""
        sans_cle = D_UNE_CLE if self.method not in ECRITURES else set()
        return sans_cle | (D_UN_LOT if self.get_operation_id() != "envoyer_lot" else set())


def finir(result: dict[str, Any], generator: Any, **options: Any) -> dict[str, Any]:
    """Add an example to each request and response, refuse unknown fields in request bodies, add the webhooks.

    It is a postprocessing hook of drf-spectacular.
    """
    composants = result["components"]["schemas"]
    for nom, composant in composants.items():
        if nom.endswith(EN_PARTIE):
            composant.pop("required", None)
        # These descriptions are the docstrings of the code, written for developers.
        composant.pop("description", None)
    for adresse in result["paths"].values():
        for methode, operation in adresse.items():
            envoyes = operation.get("requestBody", {}).get("content", {})
            a_envoyer = EXEMPLES | REMPLACEES if methode == "put" else EXEMPLES
            recus = [
                (reponse.get("content", {}), EXEMPLES | CREEES if statut == "201" else EXEMPLES)
                for statut, reponse in operation["responses"].items()
            ]
            for contenu, exemples in ((envoyes, a_envoyer), *recus):
                for media in contenu.values():
                    media["example"] = exemples[_nom(media)] if "$ref" in media["schema"] else FICHIER
            for media in envoyes.values():
                if "$ref" in media["schema"]:
                    _fermer(composants, media["schema"])
    _lier(result["paths"])
    result["webhooks"] = webhooks()
    return result


def _lier(adresses: dict[str, Any]) -> None:
    """Say, of each creation, which operations take the key that it answers (OpenAPI links)."""
    for adresse, methodes in adresses.items():
        if "201" not in methodes.get("post", {}).get("responses", {}):
            continue
        methodes["post"]["responses"]["201"]["links"] = {
            operation["operationId"]: {
                "operationId": operation["operationId"],
                "parameters": {"id": "$response.body#/id"},
            }
            for autre, siennes in adresses.items()
            if autre.startswith(f"{adresse}{{id}}/")
            for operation in siennes.values()
        }


def _fermer(composants: dict[str, Any], schema: dict[str, Any]) -> None:
    """Refuse unknown fields in this component, and in those of its lists."""
    composant = composants[_nom({"schema": schema})]
    if composant["type"] != "object":
        return
    composant["additionalProperties"] = False
    for propriete in composant.get("properties", {}).values():
        if "$ref" in propriete.get("items", {}):
            _fermer(composants, propriete["items"])


def _nom(media: dict[str, Any]) -> str:
    return media["schema"]["$ref"].rpartition("/")[2]
