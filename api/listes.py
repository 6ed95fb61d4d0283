"""What a list may be asked for beside its filters: some fields, the parents, a table in CSV."""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api import parametres
from api.pagination import Source
from api.parametres import CURSEUR, SI_CHANGE, TAILLE_DE_PAGE, Parametre, refuser
from api.preconditions import verifier
from echanges.ecriture_tableur import CSV_TYPE, en_csv
from echanges.tables import Table
from edof.templatetags.affichage import milliers
from organismes.models import Organisme

CHAMPS = Parametre(
    "champs",
    "Les champs voulus, séparés par des virgules ; sans lui, tous.",
    {"type": "string", "minLength": 1, "maxLength": 1000},
)
FORMAT = Parametre(
    "format",
    "`csv` : toute la liste, sans pages, en CSV (`;`, UTF-8), une colonne par champ. L'en-tête"
    " `Accept: text/csv` le demande aussi.",
    {"type": "string", "enum": ["json", "csv"], "default": "json"},
)
# What every list may be asked for.
CHOIX = (CHAMPS, FORMAT, SI_CHANGE)
INCLURE = "inclure"


@dataclass(frozen=True)
class Inclusion:
    """Records that may come with those of a list: the view that shows them, their keys in a record."""

    vue: Any
    cles: Callable[[Any], Iterable[int | None]]


def parametre_d_inclusion(inclusions: Iterable[Inclusion]) -> Parametre:
    """Return the description of `inclure` for these inclusions."""
    noms = ", ".join(f"`{inclusion.vue.ressource}`" for inclusion in inclusions)
    aide = f"Ce qui vient avec, une fois chacun, dans `inclus`, séparé par des virgules : {noms}."
    return Parametre(INCLURE, aide, {"type": "string", "minLength": 1, "maxLength": 200})


def _noms(request: Request, nom: str, connus: Iterable[str], phrase: str) -> list[str]:
    """Return the names that a parameter lists, without doubles; raise Probleme for an unknown one."""
    texte = request.query_params.get(nom)
    if texte is None:
        return []
    voulus = [voulu.strip() for voulu in texte.split(",")]
    connus = list(connus)
    for voulu in voulus:
        if voulu not in connus:
            raise refuser(nom, f"« {voulu[:60]} » {phrase} : {', '.join(connus)}.")
    return list(dict.fromkeys(voulus))


def champs_demandes(request: Request, lecture: type[serializers.Serializer]) -> list[str]:
    """Return the fields that `champs` asks for, an empty list for all of them."""
    return _noms(request, CHAMPS.nom, lecture().fields, "n'est pas un champ. Cette adresse a")


def montrer(
    lecture: type[serializers.Serializer], lues: Any, champs: list[str], *, many: bool = False
) -> Any:
    """Return these records as the API shows them, with these fields only."""
    serialiseur: Any = lecture(lues, many=many)
    if champs:
        tous = (serialiseur.child if many else serialiseur).fields
        for nom in set(tous) - set(champs):
            tous.pop(nom)
    return serialiseur.data


def inclusions_demandees(request: Request, inclusions: tuple[Inclusion, ...]) -> list[Inclusion]:
    """Return the inclusions that `inclure` asks for."""
    connues = {inclusion.vue.ressource: inclusion for inclusion in inclusions}
    return [connues[nom] for nom in _noms(request, INCLURE, connues, "ne s'inclut pas. Cette adresse inclut")]


def inclus(organisme: Organisme, demandees: list[Inclusion], lues: Iterable[Any]) -> dict[str, Any]:
    """Return the records that come with these, by resource: each once, one query for each resource."""
    lues = list(lues)
    trouves = {}
    for inclusion in demandees:
        cles = {cle for lue in lues for cle in inclusion.cles(lue)} - {None}
        fiches = inclusion.vue.de(organisme).filter(pk__in=cles).order_by("pk") if cles else []
        trouves[inclusion.vue.ressource] = inclusion.vue.lecture(fiches, many=True).data
    return trouves


# --- CSV ---


def veut_du_csv(request: Request) -> bool:
    """Return whether the request asks for CSV, by `format` or else by `Accept`.

    Raises Probleme when it also asks for what a table does not have.
    """
    demande = parametres.parmi(request, FORMAT)
    prefere = request._request.get_preferred_type(["application/json", "text/csv"])
    if not (demande or prefere == "text/csv") or demande == "json":
        return False
    for nom in (TAILLE_DE_PAGE.nom, CURSEUR.nom, "page", INCLURE):
        if nom in request.query_params:
            raise refuser(nom, f"« {nom} » ne va pas avec le CSV, qui donne toute la liste.")
    return True


def reponse_en_csv(
    nom: str, lecture: type[serializers.Serializer], source: Source, champs: list[str]
) -> StreamingHttpResponse:
    """Return the whole list as CSV, read and sent piece by piece."""
    if (nombre := source.nombre()) > source.au_plus:
        raise refuser(
            FORMAT.nom,
            f"{milliers(nombre)} lignes ne tiennent pas dans un CSV, qui en a {milliers(source.au_plus)} au"
            " plus : filtrez la liste, ou lisez-la par pages.",
        )
    titres = [champ for champ in lecture().fields if not champs or champ in champs]
    table = Table(nom, titres, _rangees(lecture, source, titres), nombre)
    reponse = StreamingHttpResponse(en_csv(table), content_type=CSV_TYPE)
    reponse["Content-Disposition"] = f'attachment; filename="{nom}.csv"'
    return reponse


def _rangees(lecture: type[serializers.Serializer], source: Source, titres: list[str]) -> Iterator[list[Any]]:
    for lues in source.morceaux():
        for lue in montrer(lecture, lues, titres, many=True):
            yield [_cellule(lue[titre]) for titre in titres]


def _cellule(valeur: Any) -> str:
    """Return a JSON value as the text of a cell."""
    match valeur:
        case None:
            return ""
        case bool():
            return "true" if valeur else "false"
        case list() if all(isinstance(un, str) for un in valeur):
            return ", ".join(valeur)
        case list() | dict():
            return json.dumps(valeur, ensure_ascii=False)
    return str(valeur)


# --- Answers ---


def etiqueter(reponse: HttpResponseBase, etiquette: str | None) -> HttpResponseBase:
    """Return the answer of a list with its validator, and what it depends on.

    The validator is weak: compressed, the list is the same.
    """
    if etiquette is not None:
        reponse.headers["ETag"] = f'W/"{etiquette}"'
    patch_vary_headers(reponse, ["Accept"])
    return reponse


def liste_simple(
    request: Request, nom: str, lecture: type[serializers.Serializer], source: Source
) -> HttpResponseBase:
    """Return a page of this list, or all of it in CSV, with the fields asked for.

    The validator of a page is a digest of what it says. A CSV has none: it is sent while it is read.
    """
    champs = champs_demandes(request, lecture)
    if veut_du_csv(request):
        return etiqueter(reponse_en_csv(nom, lecture, source, champs), None)
    lues, suivante = source.page(request)
    contenu = {"suivante": suivante, "resultats": montrer(lecture, lues, champs, many=True)}
    etiquette = hashlib.sha256(request.accepted_renderer.render(contenu)).hexdigest()[:32]
    inchangee = verifier(request, etiquette)
    return etiqueter(Response(status=304) if inchangee else Response(contenu), etiquette)
