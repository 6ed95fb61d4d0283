"""The choice of the records of a lot: those that are ticked, or all that answer the filters (D-40)."""

from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse

from bureau.acces import page_precedente
from bureau.lots.barre import PAGES
from bureau.lots.reparations import page_du_lot
from bureau.menu import NIVEAUX
from bureau.sessions.liste import Liste
from catalogue.models import Fiche
from edof.lecture import lire_cle
from edof.templatetags.affichage import milliers, pluriel
from lots.models import FICHES_AU_PLUS, Lot
from lots.operations import OPERATIONS, OperationEnNombre
from organismes.espace import Requete, exiger

# The sessions that an address may carry.
CLES_AU_PLUS = 200


def choisir(request: Requete) -> HttpResponse:
    """Keep the keys and versions of the chosen records, and go to the page of the lot."""
    code = request.POST.get("operation", "")
    if code in PAGES:
        return _aller_a(request, *PAGES[code][1:])
    en_nombre = OPERATIONS.get(code)
    if request.membre is None or en_nombre is None:
        raise Http404
    exiger(request, en_nombre.operation)
    retour = page_precedente(request) or reverse("catalogue")
    if "tout" in request.POST:
        niveau = "session"
        ensemble: Any = Liste(request.membre, QueryDict(request.POST.get("filtre", ""))).en_ordre()
        choix = "filtres"
    else:
        cochees = _cochees(request)
        if len(cochees) != 1 or (niveau := next(iter(cochees))) not in en_nombre.niveaux:
            messages.error(request, _pas_ensemble(en_nombre, cochees))
            return redirect(retour)
        fiches = NIVEAUX[niveau].objects.pour_organisme(request.organisme)
        ensemble = fiches.filter(pk__in=cochees[niveau]).order_by("pk")
        choix = "cochees"
    nombre = ensemble.count()
    if not nombre:
        messages.error(request, "Aucune fiche ne correspond plus à votre choix : rien n'a été fait.")
        return redirect(retour)
    if nombre > FICHES_AU_PLUS:
        messages.error(request, trop_de_fiches(NIVEAUX[niveau], nombre))
        return redirect(retour)
    lot = Lot.objects.create(
        organisme=request.organisme,
        niveau=niveau,
        operation=code,
        par=request.user,
        choix=choix,
        retour=retour,
    )
    lot.figer(ensemble)
    return redirect(page_du_lot(lot))


def trop_de_fiches(modele: type[Fiche], nombre: int) -> str:
    """Return why a lot of so many records is not made."""
    noms = modele._meta
    return (
        f"Votre choix compte {pluriel(nombre, f'{noms.verbose_name},{noms.verbose_name_plural}')}, et une"
        f" opération en accepte {milliers(FICHES_AU_PLUS)} : affinez les filtres. Rien n'a été fait."
    )


def _aller_a(request: Requete, page: str, parametre: str) -> HttpResponse:
    """Go with the ticked sessions to a page that takes their keys."""
    cles = sorted(_cochees(request).get("session", ()))
    if "tout" in request.POST or not 0 < len(cles) <= CLES_AU_PLUS:
        messages.error(request, f"Cochez de 1 à {CLES_AU_PLUS} sessions, une par une : rien n'a été fait.")
        return redirect(page_precedente(request) or "sessions")
    return redirect(f"{reverse(page)}?{parametre}={','.join(map(str, cles))}")


def _cochees(request: Requete) -> dict[str, set[int]]:
    """Return the keys that were ticked, by level: a box says « session-12 »."""
    lues: dict[str, set[int]] = {}
    for texte in request.POST.getlist("cles"):
        niveau, _, cle = texte.partition("-")
        if niveau in NIVEAUX and (lue := lire_cle(cle)):
            lues.setdefault(niveau, set()).add(lue)
    return lues


def _pas_ensemble(en_nombre: OperationEnNombre, cochees: dict[str, set[int]]) -> str:
    """Return why nothing can be done with what is ticked."""
    if not cochees:
        return "Cochez au moins une ligne : rien n'a été fait."
    noms = [str(NIVEAUX[niveau]._meta.verbose_name_plural) for niveau in en_nombre.niveaux]
    return (
        f"« {en_nombre.bouton} » se fait sur des {' ou des '.join(noms)}, un seul genre à la fois : rien n'a"
        " été fait."
    )
