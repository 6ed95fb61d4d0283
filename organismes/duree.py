"""How long one stays signed in: so many minutes without doing anything, so many hours in all.

The server keeps when the session was opened; when somebody last did something is a signed cookie of the
browser, so that reading pages writes nothing. What the page asks by itself is not doing something.
"""

from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.http import HttpResponse

from edof.horloge import secondes
from organismes.espace import Requete

OUVERTE, ACTIVITE = "ouverte_a", "activite"
# What a page sends by itself says so in this header.
SANS_GESTE = "X-Sans-Geste"
# How precisely the last gesture is noted.
PRECISION = 60


class DureeMiddleware:
    """Signs out whoever has done nothing for too long, or has been there for too long; what was being sent is
    given back.
    """

    def __init__(self, get_response: Callable[[Requete], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Requete) -> HttpResponse:
        request.connexion_reste = None
        if not request.user.is_authenticated:
            return self.get_response(request)
        # Durations, not dates: the clock of the rules, which can be moved, has nothing to say here.
        instant, nouvelle = secondes(), OUVERTE not in request.session
        if nouvelle:
            request.session[OUVERTE] = instant
        geste = instant if nouvelle else _dernier_geste(request)
        if instant >= fin(request, geste):
            logout(request)
            return self.get_response(request)
        a_noter = nouvelle
        if SANS_GESTE not in request.headers:
            a_noter, geste = nouvelle or instant - geste >= PRECISION, instant
        request.connexion_reste = fin(request, geste) - instant
        reponse = self.get_response(request)
        if a_noter and request.user.is_authenticated:
            reponse.set_cookie(
                settings.ACTIVITE_COOKIE_NAME,
                temoin(request.user.pk, request.session[OUVERTE], geste),
                httponly=True,
                secure=settings.SESSION_COOKIE_SECURE,
                samesite="Lax",
            )
        return reponse


def fin(request: Requete, geste: int) -> int:
    """When the session ends, in seconds since the epoch, if its last gesture is the one of that second."""
    ouverte = request.session[OUVERTE]
    return min(ouverte + settings.CONNEXION_HEURES * 3600, geste + settings.CONNEXION_MINUTES_SANS_GESTE * 60)


def temoin(personne: int, ouverte: int, geste: int) -> str:
    """The value of the cookie: whose session, opened when (its key changes with the password), and its last
    gesture.
    """
    return signing.dumps([personne, ouverte, geste], salt=ACTIVITE)


def _dernier_geste(request: Requete) -> int:
    """When this session last did something; 0 when its cookie is missing, not of our making, or another
    session's.
    """
    try:
        personne, ouverte, geste = signing.loads(
            request.COOKIES.get(settings.ACTIVITE_COOKIE_NAME, ""), salt=ACTIVITE
        )
    except signing.BadSignature:
        return 0
    return geste if (personne, ouverte) == (request.user.pk, request.session[OUVERTE]) else 0
