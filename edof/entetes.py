"""What every answer bears: whatever made it, a page, a redirect, a static file, a refusal or a fault."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.security import SecurityMiddleware

ENTETES = {
    "Cross-Origin-Resource-Policy": "same-origin",
    # Nothing here uses what a browser can do beyond showing pages.
    "Permissions-Policy": ", ".join(
        f"{pouvoir}=()"
        for pouvoir in (
            "accelerometer", "autoplay", "camera", "display-capture", "encrypted-media", "geolocation",
            "gyroscope", "magnetometer",
            "microphone", "midi", "payment", "picture-in-picture", "publickey-credentials-get",
            "screen-wake-lock", "usb", "xr-spatial-tracking",
        )
    ),
}  # fmt: skip


class EntetesMiddleware:
    """The outermost one: it refuses nothing, so that no answer is made without it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.securite = SecurityMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        reponse = self.get_response(request)
        for nom, valeur in ENTETES.items():
            reponse.headers.setdefault(nom, valeur)
        if cache := _cache(request):
            reponse.headers.setdefault("Cache-Control", cache)
        # Django's own middleware is skipped by what it refuses itself, such as a redirection to a host that
        # is not ours.
        return self.securite.process_response(request, reponse)


def _cache(request: HttpRequest) -> str | None:
    """What is private is stored nowhere; a public page that bears the name of who is signed in is theirs
    alone.
    """
    if request.resolver_match is None:
        # A static file, or an error before any view: nothing of anybody's.
        return None
    prive = getattr(request.resolver_match.func, "login_required", True) or "Authorization" in request.headers
    if prive:
        return "no-store"
    return "private, no-cache" if settings.SESSION_COOKIE_NAME in request.COOKIES else None
