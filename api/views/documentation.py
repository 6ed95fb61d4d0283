"""Views of the root of the API, of its OpenAPI schema, and of the documentation page."""

import json
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from api import versions as versions_de_l_api
from api.codes import LANGAGES, preambules
from api.exemples import EXEMPLES
from api.refus import EXPLICATIONS
from api.schema_lisible import chapitres, chercher, operations, texte
from catalogue.recherche_de_certification import sans_accents
from edof.problemes import CODES, TYPE_DE_CONTENU, Probleme

RESSOURCES = (
    "organismes",
    "contacts",
    "adresses",
    "certifications",
    "offres",
    "actions",
    "sessions",
    "changements",
    "lots",
    "publications",
    "formations",
    "webhooks",
)

# The problem that the documentation shows as an example, with its reasons.
_EXEMPLE = EXEMPLES["Probleme"]


@cache
def _schema() -> dict[str, Any]:
    """Return the OpenAPI schema, cached because it depends on the code alone."""
    return json.loads(json.dumps(SchemaGenerator().get_schema(public=True)))


@cache
def _operations() -> list[dict[str, Any]]:
    """Return what the documentation page shows of the schema, cached with it."""
    return operations(_schema())


@csrf_exempt
@login_not_required
@require_safe
def accueil(request: HttpRequest) -> HttpResponse:
    """Return the URLs of all the resources."""
    adresses = {
        nom: request.build_absolute_uri(reverse(f"api_{nom}"))
        for nom in (*RESSOURCES, "schema", "documentation")
    }
    return JsonResponse(
        {"nom": "API de Catalogue OF", "version": "1", **adresses}, json_dumps_params={"ensure_ascii": False}
    )


@csrf_exempt
@login_not_required
@require_safe
def schema(request: HttpRequest) -> HttpResponse:
    """Return the schema in OpenAPI 3.1, as JSON, or as YAML with `?format=yaml`."""
    if request.GET.get("format") == "yaml":
        return HttpResponse(
            OpenApiYamlRenderer().render(_schema(), renderer_context={}),
            content_type="application/yaml; charset=utf-8",
        )
    return JsonResponse(_schema(), json_dumps_params={"ensure_ascii": False, "indent": 1})


@csrf_exempt
@login_not_required
@require_safe
def documentation(request: HttpRequest) -> HttpResponse:
    """Render the documentation page.

    It shows every operation, with its parameters, its fields, examples and its refusals; with `q`, those that
    have these words.
    """
    q, langage = request.GET.get("q", "").strip()[:200], request.GET.get("langage", "")
    trouvees, erreurs = chercher(_operations(), q), chercher(_erreurs(), q)
    contexte = {
        "q": q,
        "nombre": len(trouvees) + len(erreurs),
        "total": len(_operations()) + len(CODES),
        "chapitres": chapitres(trouvees, ouvertes=bool(q)),
        "erreurs": erreurs,
        "langages": LANGAGES,
        "langage": langage if langage in LANGAGES else next(iter(LANGAGES)),
        "preambules": preambules(request.build_absolute_uri(reverse("api"))),
    }
    return render(request, "api/documentation.html", contexte)


@cache
def _erreurs() -> list[dict[str, Any]]:
    return [
        {
            "code": code,
            "statut": statut,
            "titre": titre,
            "texte": texte(dit),
            "mots": sans_accents(f"{statut} {code} {titre}"),
        }
        for code, (statut, titre, dit) in CODES.items()
    ]


@csrf_exempt
@login_not_required
@require_safe
def erreur(request: HttpRequest, code: str) -> HttpResponse:
    """Render the page of an error: the `type` of a problem is its address."""
    if code not in CODES:
        raise Http404
    pourquoi, que_faire = EXPLICATIONS[code]
    statut = str(CODES[code][0])
    contexte = {
        "erreur": next(erreur for erreur in _erreurs() if erreur["code"] == code),
        "pourquoi": texte(pourquoi),
        "que_faire": texte(que_faire),
        "exemple": json.dumps(
            _EXEMPLE if _EXEMPLE["code"] == code else Probleme(code).en_json(), ensure_ascii=False, indent=2
        ),
        "operations": [
            operation
            for operation in _operations()
            if not operation.get("evenement") and any(r["statut"] == statut for r in operation["refus"])
        ],
    }
    return render(request, "api/erreur.html", contexte)


@csrf_exempt
@login_not_required
@require_safe
def versions(request: HttpRequest) -> HttpResponse:
    """Render what changed in the API, what is deprecated, and what is promised."""
    par_nom = {operation["ancre"]: operation for operation in _operations()}
    contexte = {
        "retraits": [
            {"operation": par_nom[retrait.operation], "retrait": retrait}
            for retrait in versions_de_l_api.RETRAITS
        ],
        "changements": [
            {"jour": changement.jour, "phrases": [texte(phrase) for phrase in changement.phrases]}
            for changement in versions_de_l_api.CHANGEMENTS
        ],
    }
    return render(request, "api/versions.html", contexte)


@csrf_exempt
@login_not_required
def introuvable(request: HttpRequest, reste: str) -> HttpResponse:
    """Return the 404 problem for a URL that the API does not have."""
    probleme = Probleme(
        "introuvable", "Cette adresse n'existe pas. Les adresses de l'API finissent par une barre oblique."
    )
    return JsonResponse(
        probleme.en_json(),
        status=404,
        content_type=TYPE_DE_CONTENU,
        json_dumps_params={"ensure_ascii": False},
    )
