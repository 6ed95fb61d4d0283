"""The figures of the installation, in the format of Prometheus."""

from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from edof import compteurs
from exploitation.chiffres import Chiffres
from vitrine.maison import est_de_la_maison


@login_not_required
@require_safe
def metriques(request: HttpRequest) -> HttpResponse:
    """Return the requests that the web server has answered, and what PostgreSQL says of the rest.

    Who bears neither the token nor an expected address finds no such page.
    """
    if not est_de_la_maison(request):
        raise Http404
    corps = generate_latest(compteurs.registre()) + generate_latest(Chiffres())  # type: ignore[arg-type]
    return HttpResponse(corps, content_type=CONTENT_TYPE_LATEST, headers={"Cache-Control": "no-store"})
