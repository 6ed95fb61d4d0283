"""Health-check endpoints: the program runs, it can serve pages, the publication is up to date."""

from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DEFAULT_DB_ALIAS, DatabaseError, connections
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from edof.replique import LECTURE
from exploitation.etat import en_json
from publication.avance import dernier_jour_en_avance
from publication.jours import jours_en_retard
from vitrine.maison import est_de_la_maison

PANNE = {"etat": "panne", "base_de_donnees": "injoignable"}


@login_not_required
@require_safe
def vivant(request: HttpRequest) -> JsonResponse:
    """Return 200 as long as the program answers: the liveness probe.

    It is the only endpoint to call for restarting a program that does not answer.
    """
    return JsonResponse({"etat": "ok"})


@login_not_required
@require_safe
def pret(request: HttpRequest) -> JsonResponse:
    """Return 200 when pages can be served, else 503: the readiness probe.

    Pages can be served when the database answers and its tables are those of this version. While only the
    read replica answers, the public side is served. Whoever may read the figures is told the rest too, which
    changes nothing of the status: broker, beat, worker, disk, backups, version.
    """
    etats = {DEFAULT_DB_ALIAS: "ok", LECTURE: "lecture_seule"}
    for base in (base for base in etats if base in settings.DATABASES):
        try:
            executeur = MigrationExecutor(connections[base])
            if executeur.migration_plan(executeur.loader.graph.leaf_nodes()):
                return JsonResponse({"etat": "a_migrer", "base_de_donnees": "ok"}, status=503)
        except DatabaseError:
            continue
        dits: dict[str, Any] = {"etat": etats[base], "base_de_donnees": "ok"}
        if est_de_la_maison(request) and base == DEFAULT_DB_ALIAS:
            dits |= {"migrations": "ok", **en_json()}
        return JsonResponse(dits)
    return JsonResponse(PANNE, status=503)


@login_not_required
@require_safe
def sante(request: HttpRequest) -> JsonResponse:
    """Return 200 when the program does its work, else 503 (D-22).

    The response is a 503 when the database does not answer, or when the publication register is late or ahead
    of the calendar.
    """
    try:
        retard, avance = jours_en_retard(), dernier_jour_en_avance()
    except DatabaseError:
        return JsonResponse(PANNE, status=503)
    if avance:
        return JsonResponse({"etat": "avance", "base_de_donnees": "ok", "jour": avance}, status=503)
    if retard:
        return JsonResponse({"etat": "retard", "base_de_donnees": "ok", "jours": retard}, status=503)
    return JsonResponse({"etat": "ok", "base_de_donnees": "ok"})
