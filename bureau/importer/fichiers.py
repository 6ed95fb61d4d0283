"""The files that the pages « Importer » give: the model to fill, the refused lines."""

from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from bureau.importer.views import importation_ou_404
from echanges.lignes import Niveau
from echanges.modele import en_csv, en_xlsx, modele_csv, modele_xlsx, refusees
from organismes.droits import Operation
from organismes.espace import Requete, exiger

TYPES = {
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}


@require_GET
def modele(request: Requete) -> HttpResponse:
    """Return the model of a level: a workbook with the allowed values, or the titles as CSV."""
    exiger(request, Operation.MODIFIER)
    niveau, format_ = request.GET.get("niveau", Niveau.SESSION), request.GET.get("format", "xlsx")
    if niveau not in Niveau.values or format_ not in TYPES:
        raise Http404
    octets = modele_xlsx(request.organisme, niveau) if format_ == "xlsx" else modele_csv(niveau)
    return _fichier(octets, f"modele-{niveau}s.{format_}", format_)


@require_GET
def lignes_refusees(request: Requete, pk: int) -> HttpResponse:
    """Return the lines that were not applied, with their reason, in a file that comes back in as it is."""
    importation = importation_ou_404(request, pk)
    format_ = request.GET.get("format", "xlsx")
    if format_ not in TYPES:
        raise Http404
    feuilles = refusees(importation)
    if len(feuilles) > 1:
        # One text holds one table.
        format_ = "xlsx"
    octets = en_xlsx(feuilles) if format_ == "xlsx" else en_csv(feuilles[0].rangees)
    return _fichier(octets, f"a-corriger-{importation.pk}.{format_}", format_)


def _fichier(octets: bytes, nom: str, format_: str) -> HttpResponse:
    reponse = HttpResponse(octets, content_type=TYPES[format_])
    reponse["Content-Disposition"] = content_disposition_header(True, nom) or ""
    return reponse
