"""Lock-out after wrong passwords; the failures of others never lock out a known browser.

Failures are counted over AXES_COOLOFF_TIME. A browser that has already signed in to an account has a signed
cookie: for that account it has a count of its own, and no other failure is held against it. Any other browser
has to wait after 10 failures on an account from its address, after 100 on that account from anywhere, or
after 100 from its address on any account. So whoever tries passwords on someone's account, even from a
thousand addresses or from the next office, only makes browsers wait that have never been used with this
account.
"""

import secrets

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from axes.models import AccessAttempt
from django.conf import settings
from django.contrib.auth import user_login_failed
from django.core import signing
from django.db.models import Q, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.crypto import salted_hmac

from organismes.validateurs import normaliser_courriel

# Limit over all the addresses for one account, and over all the accounts for one address.
EN_TOUT = 100
APPAREIL = "appareil"
JOURS_RECONNU = 365
COMPTES_PAR_APPAREIL = 5


def compte_vise(request: HttpRequest, credentials: dict[str, str] | None = None) -> str:
    """Return the name under which failures are counted: the account, normalised as the database compares it.

    A known browser has its own name.
    """
    return _vise(request, credentials)[0]


def est_reconnu(request: HttpRequest, courriel: str) -> bool:
    """Return whether this browser has already signed in to this account."""
    nom, comptes = _appareil(request)
    return _empreinte(nom, _compte(courriel)) in comptes


def reconnaitre(request: HttpRequest, reponse: HttpResponse, courriel: str) -> None:
    """Set the cookie that makes this browser known for the account that has just signed in."""
    nom, comptes = _appareil(request)
    nom = nom or secrets.token_hex(8)
    empreinte = _empreinte(nom, _compte(courriel))
    derniers = [empreinte, *(c for c in comptes if c != empreinte)][:COMPTES_PAR_APPAREIL]
    reponse.set_cookie(
        _temoin(),
        signing.dumps([nom, derniers], salt=APPAREIL),
        max_age=JOURS_RECONNU * 86_400,
        httponly=True,
        secure=settings.SESSION_COOKIE_SECURE,
        samesite="Lax",
    )


def doit_attendre(request: HttpRequest, courriel: str) -> bool:
    """Return whether this browser has failed too often on this account, password or code."""
    return not AxesProxyHandler.is_allowed(request, {"username": courriel})


def noter_un_echec(request: HttpRequest, courriel: str) -> bool:
    """Count a wrong code, or a wrong password typed again; return whether the browser now has to wait.

    The answer is then the page of too many wrong passwords, whatever the view returns.
    """
    user_login_failed.send(__name__, credentials={"username": courriel}, request=request)
    return bool(getattr(request, "axes_locked_out", False))


def _compte(courriel: str) -> str:
    # Upper case, then lower case: « ſ » and « ı » are equal to « s » and « i » when upper cases are compared,
    # as the database does.
    return normaliser_courriel(courriel).upper().lower()[:200]


def _temoin() -> str:
    # Over HTTPS, another site of the same domain cannot set it. The name without prefix is still read.
    return f"__Host-{APPAREIL}" if settings.SESSION_COOKIE_SECURE else APPAREIL


def _appareil(request: HttpRequest) -> tuple[str, list[str]]:
    """Return the name of this browser and the accounts it is known for.

    Both are empty when the cookie is missing or was not signed by this program.
    """
    try:
        nom, comptes = signing.loads(
            request.COOKIES.get(_temoin(), request.COOKIES.get(APPAREIL, "")),
            salt=APPAREIL,
            max_age=JOURS_RECONNU * 86_400,
        )
    except signing.BadSignature:
        return "", []
    return nom, comptes


def _vise(request: HttpRequest, credentials: dict[str, str] | None) -> tuple[str, bool]:
    """Return the name under which failures are counted, and whether it is that of a known browser."""
    compte = _compte((credentials or request.POST).get("username") or "")
    nom, comptes = _appareil(request)
    # While the secret key is replaced, what the former one signed is still known.
    cles = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    connu = any(_empreinte(nom, compte, cle) in comptes for cle in cles)
    return (f"{compte} {nom}", True) if connu else (compte, False)


def _empreinte(nom: str, compte: str, cle: str | None = None) -> str:
    """Return the account as written in the cookie: a hash, so that the cookie reveals no address."""
    return salted_hmac(APPAREIL, f"{nom} {compte}", secret=cle).hexdigest()[:32]


class Essais(AxesDatabaseHandler):
    """The django-axes handler, with our own rules for counting failures."""

    def get_failures(self, request: HttpRequest, credentials: dict[str, str] | None = None) -> int:
        """Return the failures held against this attempt: AXES_FAILURE_LIMIT or more when it has to wait."""
        compte, reconnu = _vise(request, credentials)
        du_compte, d_ici = Q(username=compte), Q(ip_address=request.axes_ip_address)
        recents = AccessAttempt.objects.filter(
            du_compte | d_ici, attempt_time__gte=request.axes_attempt_time - settings.AXES_COOLOFF_TIME
        )
        sommes = recents.aggregate(
            ensemble=Sum("failures_since_start", default=0, filter=du_compte & d_ici),
            compte=Sum("failures_since_start", default=0, filter=du_compte),
            ici=Sum("failures_since_start", default=0, filter=d_ici),
        )
        if reconnu:
            return sommes["compte"]
        trop = max(sommes["compte"], sommes["ici"]) >= EN_TOUT
        return max(sommes["ensemble"], settings.AXES_FAILURE_LIMIT if trop else 0)
