"""Duration of a sign-in: a number of minutes without activity, and a number of hours in total.

The server stores when the session was opened. The time of the last activity is in a signed cookie of the
browser, so that reading pages writes to the database once in a quarter of an hour. Requests that the page
makes by itself do not count as activity.
"""

import datetime as dt
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import logout
from django.core import signing
from django.http import HttpResponse

from edof.horloge import secondes
from edof.lecture import sans_invisibles
from edof.visiteur import adresse
from organismes.espace import Requete
from organismes.models import Connexion

OUVERTE, ACTIVITE = "ouverte_a", "activite"
# Header of the requests that a page makes by itself.
SANS_GESTE = "X-Sans-Geste"
# Precision of the time of the last activity, in seconds.
PRECISION = 60
# How often the database is told that a session is used, in seconds since it was opened.
PASSAGES = 15 * 60


class DureeMiddleware:
    """Signs out users who have been inactive, or signed in, for too long.

    What they were sending is given back to them.
    """

    def __init__(self, get_response: Callable[[Requete], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Requete) -> HttpResponse:
        request.connexion_reste = None
        if not request.user.is_authenticated:
            return self.get_response(request)
        # These are durations, not dates: the clock of the business rules, which can be moved, is not used.
        instant, nouvelle = secondes(), OUVERTE not in request.session
        if nouvelle:
            request.session[OUVERTE] = instant
        geste = instant if nouvelle else _dernier_geste(request)
        if instant >= fin(request, geste):
            logout(request)
            return self.get_response(request)
        a_noter, avant = nouvelle, geste
        if SANS_GESTE not in request.headers:
            a_noter, geste = nouvelle or instant - geste >= PRECISION, instant
        request.connexion_reste = fin(request, geste) - instant
        if nouvelle or (a_noter and _quart_d_heure(request, avant) != _quart_d_heure(request, geste)):
            noter_le_passage(request, instant)
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


def _quart_d_heure(request: Requete, geste: int) -> int:
    return (geste - request.session[OUVERTE]) // PASSAGES


def noter_le_passage(request: Requete, instant: int) -> None:
    """Write from where, with what and when the session was last used, for « Appareils connectés »."""
    Connexion.objects.filter(pk=request.session.session_key).update(
        vue_le=dt.datetime.fromtimestamp(instant, dt.UTC),
        adresse=adresse(request) or "",
        navigateur=sans_invisibles(request.headers.get("User-Agent", ""))[:300],
    )


def fin(request: Requete, geste: int) -> int:
    """Return when the session ends if the last activity is at `geste`, both in seconds since the epoch."""
    ouverte = request.session[OUVERTE]
    return min(ouverte + settings.CONNEXION_HEURES * 3600, geste + settings.CONNEXION_MINUTES_SANS_GESTE * 60)


def temoin(personne: int, ouverte: int, geste: int) -> str:
    """Return the value of the cookie: the user, when the session was opened, and the last activity.

    The session is identified by its time of opening, since its key changes with the password.
    """
    return signing.dumps([personne, ouverte, geste], salt=ACTIVITE)


def _dernier_geste(request: Requete) -> int:
    """Return the time of the last activity of this session.

    Return 0 when the cookie is missing, badly signed, or of another session.
    """
    try:
        personne, ouverte, geste = signing.loads(
            request.COOKIES.get(settings.ACTIVITE_COOKIE_NAME, ""), salt=ACTIVITE
        )
    except signing.BadSignature:
        return 0
    return geste if (personne, ouverte) == (request.user.pk, request.session[OUVERTE]) else 0
