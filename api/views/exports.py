"""View of the exports: the catalogue as a file."""

from typing import ClassVar

from django.http import StreamingHttpResponse
from rest_framework.request import Request

from api.parametres import Parametre, parmi, refuser
from api.schema import LECTURE, Doc
from api.views.base import Vue
from echanges.ecriture_tableur import XLSX_TYPE
from echanges.exports import FORMATS, Demande, TropDeLignes, exporter
from echanges.lignes import Niveau

TYPE = Parametre(
    "type",
    "`edof-xml` : le fichier de « Transfert XML » ; `csv` et `xlsx` : un niveau en tableau ; `classeur` :"
    " les cinq niveaux, une feuille chacun ; `archive` : tout, en JSON Lines.",
    {"type": "string", "enum": list(FORMATS)},
    requis=True,
)
NIVEAU = Parametre(
    "niveau",
    "Ce que contient un tableau (`csv`, `xlsx`).",
    {"type": "string", "enum": Niveau.values, "default": Niveau.SESSION.value},
)
D_UN_NIVEAU = ("csv", "xlsx")
# The types of the files, without the parameters of a type.
TYPES = ("application/xml", "text/csv", XLSX_TYPE, "application/zip")


class ExportVue(Vue):
    """The exports of the organisme of the token."""

    chapitre, ressource = "Exports", "exports"
    docs: ClassVar[dict[str, Doc]] = {
        "exporter": Doc(
            "Exporter le catalogue",
            "Le fichier, dont l'en-tête `Content-Disposition` donne le nom. Ce que le format d'EDOF ne peut"
            " pas dire, ou qui est incomplet, n'y est pas ; la page « Exporter » dit quoi et pourquoi.",
            None,
            parametres=(TYPE, NIVEAU),
            erreurs=LECTURE,
            fichiers=TYPES,
        ),
    }

    def exporter(self, request: Request) -> StreamingHttpResponse:
        """Return the file, as a stream."""
        format_ = parmi(request, TYPE)
        niveau = parmi(request, NIVEAU, Niveau.SESSION.value)
        if NIVEAU.nom in request.query_params and format_ not in D_UN_NIVEAU:
            raise refuser(NIVEAU.nom, f"« niveau » ne va qu'avec `type` {' ou '.join(D_UN_NIVEAU)}.")
        try:
            export = exporter(self.jeton.organisme, format_, Demande(niveau=niveau))
        except TropDeLignes as trop:
            raise refuser("type", str(trop)) from trop
        reponse = StreamingHttpResponse(export.octets, content_type=export.type)
        reponse["Content-Disposition"] = f'attachment; filename="{export.nom}"'
        return reponse
