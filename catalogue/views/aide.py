"""The help pages."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from edof.horloge import aujourd_hui
from publication import visibilite


@require_GET
def aide_visibilite(request: HttpRequest) -> HttpResponse:
    """The check-list of visibility (S-37): the conditions that the program itself applies."""
    liste = [{"phrase": c.exigence, "qui": c.qui} for c in visibilite.conditions(aujourd_hui())]
    return render(request, "catalogue/aide_visibilite.html", {"conditions": liste})
