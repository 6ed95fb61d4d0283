"""Authentication by the token of the header `Authorization: Bearer`, and permission."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from organismes.bac_a_sable import entrer
from organismes.models import Jeton

# The code of the refusal of a header of another form.
MAL_ECRIT = "mal_ecrit"


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
            raise AuthenticationFailed("Écrivez l'en-tête ainsi : Authorization: Bearer edof_…", MAL_ECRIT)
        jeton = Jeton.objects.de_secret(mots[1].decode("latin-1"))
        if jeton is None or not jeton.is_active:
            raise AuthenticationFailed
        jeton.noter_l_usage()
        # From here on, the request lives by the clock of the organisme of the token.
        entrer(jeton.organisme)
        return jeton, None

    def authenticate_header(self, request: Request) -> str:
        """Return the scheme that a 401 response asks for."""
        return "Bearer"


class AvecUnJeton(BasePermission):
    """The permission that requires a token with access to the API."""

    def has_permission(self, request: Request, view: Any) -> bool:
        """Return whether the request has a token; each operation then checks its role."""
        return isinstance(request.user, Jeton)


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
