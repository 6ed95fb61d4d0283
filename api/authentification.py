"""Authentication by the token of the header `Authorization: Bearer`, permission, and rate limit."""

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
    """The authentication by token.

    The session cookie of a browser gives no access to the API, so no view here needs a CSRF token.
    """

    def authenticate(self, request: Request) -> tuple[Jeton, None] | None:
        """Return the token, or None when the request has none.

        Raises AuthenticationFailed for a token that gives no access.
        """
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
        """Return the scheme that a 401 response asks for."""
        return "Bearer"


class AvecUnJeton(BasePermission):
    """The permission that requires a token with access to the API."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request has a token; each operation then checks its role."""
        return isinstance(request.user, Jeton)


class Debit(SimpleRateThrottle):
    """The limit of requests per minute, for each token and for each IP address without a token."""

    scope = "api"

    def get_rate(self) -> str:
        """Return the rate of a token, used until the request is known."""
        return settings.API_DEBIT_PAR_JETON

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether the request is within the rate of its token or of its IP address."""
        if not isinstance(request.user, Jeton):
            self.num_requests, self.duration = self.parse_rate(settings.API_DEBIT_ANONYME)
        return super().allow_request(request, view)

    def get_cache_key(self, request: Request, view: Any) -> str:
        """Return the key of the count: one for each token, or for each IP address."""
        qui = (
            f"jeton-{request.user.pk}"
            if isinstance(request.user, Jeton)
            else f"adresse-{self.get_ident(request)}"
        )
        return f"debit-{qui}"


class JetonScheme(OpenApiAuthenticationExtension):
    """The description of the authentication in the OpenAPI schema."""

    target_class = JetonAuthentication
    name = "jeton"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        """Return the definition of a bearer token."""
        return {
            "type": "http",
            "scheme": "bearer",
            "description": "Un jeton créé par un gestionnaire, page « Jetons et webhooks ».",
        }
