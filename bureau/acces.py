"""Functions shared by the views about a record: loading the record, and links back to the catalogue."""

from functools import cache
from typing import Any
from urllib.parse import urlsplit

from django.http import Http404, QueryDict
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from bureau.menu import NIVEAUX
from catalogue.cycle_de_vie import Statut
from catalogue.models import Fiche
from edof.gardees import Donnee, Gardee
from organismes.espace import Requete, chercher_ailleurs
from organismes.models.organisme import ORGANISME_DONNE


def fiche_ou_404(request: Requete, niveau: str, pk: int) -> Fiche:
    """Return the record of this level and key, in the organisme the user works for.

    `niveau` is `offre`, `action` or `session`. The parents are loaded with the record. Raise Http404 when the
    level or the record does not exist, AutreOrganisme (a kind of Http404) when the record belongs to another
    organisme of the user: see `fiche_de_l_espace`.
    """
    modele = _modele(niveau)
    lues = _fiche(niveau).lire(cle=pk, organisme=request.organisme and request.organisme.pk)
    return lues[0] if lues else chercher_ailleurs(request, modele.objects.all(), pk=pk)


@cache
def _fiche(niveau: str) -> Gardee[Fiche]:
    """Return the query that reads the record `cle` of `organisme`, with its parents and what it names."""
    parents = {
        "offre": ("organisme", "certification"),
        "action": (
            "organisme",
            "offre__certification",
            "lieu_de_formation",
            "contact_du_lieu",
            "contact_information",
            "adresse_information",
        ),
        "session": ("organisme", "action__offre__certification", "action__lieu_de_formation"),
    }
    fiches = NIVEAUX[niveau].objects.pour_organisme(ORGANISME_DONNE).select_related(*parents[niveau])
    return Gardee(fiches.filter(pk=Donnee("cle")))


def fiche_a_verrouiller(request: Requete, niveau: str, pk: int) -> Fiche:
    """Return what names the record of this level and key, in the organisme the user works for.

    Nothing is read: `executer` locks the record and reads it, or raises DoesNotExist. Raise Http404 when the
    level does not exist, or the user has no organisme.
    """
    if request.organisme is None:
        raise Http404
    modele: Any = _modele(niveau)
    return modele(pk=pk, organisme=request.organisme)


def exiger_supprimee(request: Requete, niveau: str, pk: int) -> None:
    """Return when the organisme had this record and somebody has deleted it.

    Raise Http404 when it never had it, AutreOrganisme when another organisme of the user has it.
    """
    modele = _modele(niveau)
    passe = modele.pgh_event_model.objects.filter(pgh_obj_id=pk, organisme=request.organisme)
    if not passe.exists():
        chercher_ailleurs(request, modele.objects.all(), pk=pk)


def _modele(niveau: str) -> type[Fiche]:
    if niveau not in NIVEAUX:
        raise Http404
    return NIVEAUX[niveau]


def page_du_catalogue(fiche: Fiche) -> str:
    """Return the URL of the catalogue with the branch of this record open and the record in view.

    The URL of an archived record sets the status filter, because the catalogue hides archived records by
    default.
    """
    archivee = f"&statut={Statut.ARCHIVEE}" if fiche.statut == Statut.ARCHIVEE else ""
    return f"{reverse('catalogue')}?voir={fiche.cle_html}{archivee}"


def page_precedente(request: Requete) -> str:
    """Return the URL of the page of this site that led here, or an empty string.

    It is the URL that the form carries along (`suite`), else the URL that the browser sends as Referer. The
    string is empty when the previous page is unknown, or is not a page of this site.
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
    """Return the URL of the catalogue as the user left it, with this record in view.

    The search, the filters and the open branches are kept. When the previous page is not the catalogue,
    return `page_du_catalogue(fiche)`, or the URL of the whole catalogue without `fiche`.
    """
    venue = urlsplit(page_precedente(request))
    if venue.path != reverse("catalogue"):
        return page_du_catalogue(fiche) if fiche else reverse("catalogue")
    parametres = QueryDict(venue.query, mutable=True)
    if fiche:
        parametres["voir"] = fiche.cle_html
    return f"{venue.path}?{parametres.urlencode()}"
