"""security.txt, which says whom to tell of a vulnerability; what browsers report of the content policy."""

import datetime as dt
import json
import logging
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET, require_POST

from edof.debit import trop_souvent
from edof.horloge import maintenant
from edof.lecture import en_texte_simple
from publication.adresses import url_absolue

journal = logging.getLogger(__name__)

# RFC 9116: the contents must not be kept for more than a year.
VALABLE = dt.timedelta(days=180)
# One page that breaks the policy reports it at each visit: what is beyond is not read.
TYPES = {"application/csp-report", "application/json"}
RAPPORTS_PAR_MINUTE, OCTETS_AU_PLUS, LETTRES_AU_PLUS = 20, 16_384, 120


@login_not_required
@require_GET
def securite_txt(request: HttpRequest) -> HttpResponse:
    """Render `/.well-known/security.txt`; 404 when the operator has named nobody."""
    if not settings.SECURITE_CONTACT:
        raise Http404
    lignes = [f"Contact: {settings.SECURITE_CONTACT}"]
    lignes.append(f"Expires: {(maintenant() + VALABLE).astimezone(dt.UTC):%Y-%m-%dT00:00:00Z}")
    lignes.append("Preferred-Languages: fr, en")
    lignes.append(f"Canonical: {url_absolue(reverse('securite_txt'))}")
    if settings.SECURITE_POLITIQUE:
        lignes.append(f"Policy: {settings.SECURITE_POLITIQUE}")
    return HttpResponse("\n".join([*lignes, ""]), content_type="text/plain; charset=utf-8")


@csrf_exempt
@login_not_required
@require_POST
def rapport_csp(request: HttpRequest) -> HttpResponse:
    """Log what the content policy refused in a browser: the rule, what broke it, and the page.

    Anybody may send anything here: few are read, and of each only short texts without query nor fragment.
    """
    if trop_souvent(request, "csp", RAPPORTS_PAR_MINUTE):
        return HttpResponse(status=429)
    if request.content_type not in TYPES:
        return HttpResponse(status=400)
    try:
        longueur = int(request.headers.get("Content-Length") or 0)
    except ValueError:
        longueur = OCTETS_AU_PLUS + 1
    if longueur > OCTETS_AU_PLUS:
        return HttpResponse(status=413)
    try:
        lu = json.loads(request.body)
        rapport = lu.get("csp-report") if isinstance(lu, dict) else None
    except (ValueError, RecursionError):
        rapport = None
    if not isinstance(rapport, dict):
        return HttpResponse(status=400)
    directive = rapport.get("effective-directive") or rapport.get("violated-directive")
    journal.warning(
        "Politique de contenu : %s refuse %s sur %s",
        _court(directive),
        _court(rapport.get("blocked-uri")),
        _court(rapport.get("document-uri")),
    )
    return HttpResponse(status=204)


def _court(valeur: Any) -> str:
    """Return a short text on one line: of an address, no query, where a secret may be."""
    texte = en_texte_simple(str(valeur or "?").encode("ascii", "replace").decode())[:2_000]
    try:
        parties = urlsplit(texte)
    except ValueError:
        return "?"
    if parties.scheme and parties.netloc:
        # Links that open something to who has them end with a secret.
        chemin = "/" + parties.path.strip("/").partition("/")[0]
        texte = f"{parties.scheme}://{parties.netloc}{chemin}"
    return texte.partition("?")[0].partition("#")[0][:LETTRES_AU_PLUS]
