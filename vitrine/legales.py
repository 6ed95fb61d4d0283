"""« Mentions légales », « Données personnelles », « Accessibilité : déclaration », « Plan du site ».

They are not under `pour_tous`: what they say is not what is published, so a cache would not see it change.
"""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from edof.conservation import DUREES
from edof.replique import sur_la_replique
from organismes.models import InformationsLegales
from vitrine.cache import sans_temoin


@sans_temoin
@login_not_required
@require_safe
@sur_la_replique
def mentions_legales(request: HttpRequest) -> HttpResponse:
    """Render who publishes the site, and who hosts it."""
    return _page(request, "mentions_legales")


@sans_temoin
@login_not_required
@require_safe
@sur_la_replique
def donnees_personnelles(request: HttpRequest) -> HttpResponse:
    """Render what is kept of people, why, how long, and how they have it corrected or erased."""
    return _page(request, "donnees_personnelles")


@sans_temoin
@login_not_required
@require_safe
@sur_la_replique
def accessibilite(request: HttpRequest) -> HttpResponse:
    """Render the declaration of accessibility; without an audit, it says so."""
    return _page(request, "accessibilite")


@sans_temoin
@login_not_required
@require_safe
@sur_la_replique
def plan(request: HttpRequest) -> HttpResponse:
    """Render the pages of both sides, and what each holds: the second way to find one."""
    return render(request, "vitrine/plan.html")


def _page(request: HttpRequest, gabarit: str) -> HttpResponse:
    contexte = {"legal": InformationsLegales.objects.dites(), "durees": DUREES}
    return render(request, f"vitrine/{gabarit}.html", contexte)
