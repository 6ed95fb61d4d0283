"""Views of the root of the API, of its OpenAPI schema, and of the documentation page."""

import json
from functools import cache
from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.renderers import OpenApiYamlRenderer

from api.schema_lisible import chapitres
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


@cache
def _schema() -> dict[str, Any]:
    """Return the OpenAPI schema, cached because it depends on the code alone."""
    return json.loads(json.dumps(SchemaGenerator(api_version="1").get_schema(public=True)))


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

    It shows every operation, with its parameters, its fields, an example and its refusals.
    """
    erreurs = [
        {"code": code, "statut": statut, "titre": titre, "texte": texte}
        for code, (statut, titre, texte) in CODES.items()
    ]
    contexte = {
        "chapitres": chapitres(_schema()),
        "erreurs": erreurs,
        "racine": request.build_absolute_uri(reverse("api")),
    }
    return render(request, "api/documentation.html", contexte)


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
