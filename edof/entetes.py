"""Headers added to every response: pages, redirects, static files, refusals and errors."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

ENTETES = {"Cross-Origin-Resource-Policy": "same-origin"}


class EntetesMiddleware:
    """The outermost middleware that adds headers. It refuses no request, so that every response gets them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.securite = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reponse = self.get_response(request)
        for nom, valeur in ENTETES.items():
            reponse.headers.setdefault(nom, valeur)
        if cache := _cache(request):
            reponse.headers.setdefault("Cache-Control", cache)
        # When SecurityMiddleware itself refuses a request, such as a redirect to a host that is not ours, its
        # own `process_response` does not run: it is called again here.
        return self.securite.process_response(request, reponse)


def _cache(request: HttpRequest) -> str | None:
    """Return the Cache-Control value of the response, or None when none is added.

    Private pages are never stored. A public page may show the name of the signed-in user: it is then cached
    by their own browser only.
    """
    if request.resolver_match is None:
        # A static file, or an error before any view: the response contains nothing private.
        return None
    prive = getattr(request.resolver_match.func, "login_required", True) or "Authorization" in request.headers
    if prive:
        return "no-store"
    return "private, no-cache" if settings.SESSION_COOKIE_NAME in request.COOKIES else None
