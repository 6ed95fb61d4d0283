"""Health-check URLs, answered whatever the Host header of the probe."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse


class SanteMiddleware:
    """Lets a probe call the container by its own address: the name of the site does not matter there."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(("/sante/", "/metriques/")):
            request.META["HTTP_HOST"] = settings.ALLOWED_HOSTS[0].lstrip(".")
        return self.get_response(request)
