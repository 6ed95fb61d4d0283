"""The URLs of the project, plus some that raise, to test the responses to errors."""

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, PermissionDenied
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.urls import path

from edof.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]
CASSES = {"500": ZeroDivisionError, "503": OperationalError, "400": BadRequest, "403": PermissionDenied}


@login_not_required
def casser(request: HttpRequest, quoi: str) -> HttpResponse:
    """Raise the exception registered under `quoi`."""
    raise CASSES[quoi]


urlpatterns = [*urlpatterns, path("casser/<str:quoi>/", casser)]
