"""What every page about a record begins with: whose it is, whether this person may, where it stands in the
catalogue.
"""

from urllib.parse import urlsplit

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from bureau.menu import NIVEAUX
from catalogue.cycle_de_vie import Statut
from catalogue.models import Fiche
from organismes.espace import Requete, fiche_de_l_espace


def fiche_ou_404(request: Requete, niveau: str, pk: int) -> Fiche:
    """The record of this level and key when it belongs to the organisme of the person; else 404 (see
    `fiche_de_l_espace`).
    """
    modele = NIVEAUX.get(niveau)
    if modele is None:
        raise Http404
    parents = {
        "offre": ("organisme", "certification"),
        "action": ("organisme", "offre__certification", "lieu_de_formation"),
        "session": ("organisme", "action__offre__certification", "action__lieu_de_formation"),
    }
    return fiche_de_l_espace(request, modele.objects.select_related(*parents[niveau]), pk=pk)


def page_du_catalogue(fiche: Fiche) -> str:
    """The catalogue with the branch of this record open, and the eye on it."""
    archivee = f"&statut={Statut.ARCHIVEE}" if fiche.statut == Statut.ARCHIVEE else ""
    return f"{reverse('catalogue')}?voir={fiche.cle_html}{archivee}"


def page_precedente(request: Requete) -> str:
    """The page of ours that led here: the one that the form carries along (`suite`), else the one that the
    browser names.

    Empty when it is not known, or not ours.
    """
    suite = request.POST.get("suite") or request.GET.get("suite") or ""
    referer = request.headers.get("Referer", "")
    if not suite and url_has_allowed_host_and_scheme(
        referer, {request.get_host()}, require_https=request.is_secure()
    ):
        venue = urlsplit(referer)
        if venue.path != request.path:
            suite = f"{venue.path}?{venue.query}" if venue.query else venue.path
    return (
        suite if suite.startswith("/") and url_has_allowed_host_and_scheme(suite, allowed_hosts=None) else ""
    )


def retour_au_catalogue(request: Requete, fiche: Fiche | None = None) -> str:
    """The catalogue as the person left it, search, filters and open branches, with this record under the
    eyes.
    """
    venue = urlsplit(page_precedente(request))
    if venue.path != reverse("catalogue"):
        return page_du_catalogue(fiche) if fiche else reverse("catalogue")
    parametres = QueryDict(venue.query, mutable=True)
    if fiche:
        parametres["voir"] = fiche.cle_html
    return f"{venue.path}?{parametres.urlencode()}"
