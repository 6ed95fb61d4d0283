"""Who asks: the token of the header `Authorization: Bearer`, and how often it may."""

from typing import Any

from django.conf import settings
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.throttling import SimpleRateThrottle

from organismes.models import Jeton


class JetonAuthentication(BaseAuthentication):
    """The session of a browser never opens the API: nothing here needs a CSRF token."""

    def authenticate(self, request: Request) -> tuple[Jeton, None] | None:
        """The token, or None when the request has none; AuthenticationFailed for one that opens nothing."""
        mots = get_authorization_header(request).split()
        if not mots:
            return None
        if len(mots) != 2 or mots[0].lower() != b"bearer":
            raise AuthenticationFailed
        jeton = Jeton.objects.de_secret(mots[1].decode("latin-1"))
        if jeton is None or not jeton.is_active:
            raise AuthenticationFailed
        jeton.noter_l_usage()
        return jeton, None

    def authenticate_header(self, request: Request) -> str:
        """What a 401 asks for."""
        return "Bearer"


class AvecUnJeton(BasePermission):
    """A token that opens the API."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Whether there is one; its role is asked by each operation."""
        return isinstance(request.user, Jeton)


class Debit(SimpleRateThrottle):
    """So many requests a minute: for each token, and for each address without one."""

    scope = "api"

    def get_rate(self) -> str:
        """The rate of a token until the request is known."""
        return settings.API_DEBIT_PAR_JETON

    def allow_request(self, request: Request, view: Any) -> bool:
        """Whether this request is within the rate of who makes it."""
        if not isinstance(request.user, Jeton):
            self.num_requests, self.duration = self.parse_rate(settings.API_DEBIT_ANONYME)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        """One count for each token, or for each address."""
        qui = (
            f"jeton-{request.user.pk}"
            if isinstance(request.user, Jeton)
            else f"adresse-{self.get_ident(request)}"
        )
        return f"debit-{qui}"


class JetonScheme(OpenApiAuthenticationExtension):
    """How the schema names it."""

    target_class = JetonAuthentication
    name = "jeton"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """A bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Un jeton créé par un gestionnaire, page « Jetons d'API ».",
        }
