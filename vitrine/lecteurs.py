"""Counting what is read, without cookie nor personal data (publication/frequentation.py)."""

import re
from collections.abc import Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader

from publication.frequentation import noter, verser_s_il_est_temps

# Programs that say so in their User-Agent, which is looked at and not kept.
_ROBOTS = re.compile(r"bot\b|bot/|crawl|spider|slurp|preview|monitor|curl|wget|python|java/|headless", re.I)


class PageComptee(HttpResponse):
    """A page that was counted: what the process has counted is written once the answer has been sent."""

    def close(self) -> None:
        """Write when it is time; the server calls this after the last byte."""
        super().close()
        verser_s_il_est_temps()


def page_comptee(
    request: HttpRequest,
    gabarit: str,
    contexte: dict[str, Any],
    *,
    montrees: Iterable[int] = (),
    ouverte: int | None = None,
) -> HttpResponse:
    """Render a page, and count the actions that it shows in results, or the one that it opens.

    Not counted: robots, HEAD, what a browser fetches in advance, and a page that has not changed since its
    reader read it (304).
    """
    page = loader.render_to_string(gabarit, contexte, request)
    if not _est_un_lecteur(request):
        return HttpResponse(page)
    noter(montrees=montrees, ouverte=ouverte)
    return PageComptee(page)


def _est_un_lecteur(request: HttpRequest) -> bool:
    en_avance = "prefetch" in request.headers.get("Sec-Purpose", request.headers.get("Purpose", ""))
    # RequetesMiddleware answers HEAD as GET.
    tete = request.META["REQUEST_METHOD"] == "HEAD"
    return not (en_avance or tete or _ROBOTS.search(request.headers.get("User-Agent", "")))
