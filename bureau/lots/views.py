"""Views of the operations on many records: the choice, the page of a lot, its report."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from bureau.lots.choix import choisir
from bureau.lots.consequences import consequences
from bureau.lots.forms import PARAMETRES, noms_des_champs
from bureau.lots.presentation import (
    PLIEES_AU_PLUS,
    apercus,
    choix_en_mots,
    deja,
    par_action,
    seront,
    suite_en_mots,
    titre,
)
from bureau.lots.reparations import page_du_lot, reparer
from bureau.lots.suivi import arreter_tout, confirmer, defaire, en_csv, suivi
from bureau.menu import NIVEAUX
from edof.ecriture import parmi
from lots.annulation import droit_d_annuler
from lots.models import JOURS_GARDES, Etat, Lot
from lots.operations import OPERATIONS
from lots.repetition import raconter
from organismes.droits import role_permet
from organismes.espace import Requete, exiger, fiche_de_l_espace

PAR_PAGE = 50


@require_http_methods(["GET", "POST"])
def lots(request: Requete) -> HttpResponse:
    """Render the lots of the organisme, latest first; POST keeps the chosen records in a new lot."""
    if request.method == "POST":
        return choisir(request)
    if request.membre is None:
        return redirect("accueil")
    les_siens: Any = Lot.objects.pour_organisme(request.organisme)
    tous = (
        les_siens.des_ecrans()
        .exclude(etat=Etat.PREPARE)
        .filter(annule=None)
        .select_related("par", "jeton", "annulation")
    )
    page = Paginator(tous, PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    for lot in page.object_list:
        lot.titre = titre(lot, lot.nombre)
    return render(request, "bureau/lots/liste.html", {"page": page, "jours": JOURS_GARDES})


@require_http_methods(["GET", "POST"])
def lot(request: Requete, pk: int) -> HttpResponse:
    """Render a lot: what it asks, its rehearsal, its progress or its report; POST does what a button says."""
    le_lot: Lot = fiche_de_l_espace(
        request, Lot.objects.des_ecrans().select_related("organisme", "par", "jeton", "annule"), pk=pk
    )
    if le_lot.annule:
        # The undoing is told on the page of what it undoes.
        return redirect(page_du_lot(le_lot.annule))
    if request.method == "GET":
        if le_lot.etat == Etat.PREPARE:
            return _preparer(request, le_lot)
        return render(request, "bureau/lots/suivi.html", _suivi(request, le_lot))
    geste = GESTES.get(request.POST.get("geste", ""))
    if geste is None:
        raise Http404
    exiger(request, OPERATIONS[le_lot.operation].operation)
    reponse: HttpResponse = geste(request, le_lot)
    return reponse


def _preparer(
    request: Requete, lot: Lot, form: Any = None, erreur: str = "", ecrit: str = ""
) -> HttpResponse:
    """Render the parameters of the operation when they are missing or to be corrected, else its rehearsal."""
    exiger(request, OPERATIONS[lot.operation].operation)
    if OPERATIONS[lot.operation].avec_parametres and (
        form is not None or not lot.parametres or "parametres" in request.GET
    ):
        return _parametres(request, lot, form)
    repetition = raconter(lot)
    suites = consequences(lot, repetition)
    contexte = {
        "lot": lot,
        "noms": f"{lot.modele._meta.verbose_name},{lot.modele._meta.verbose_name_plural}",
        "suite_en_mots": suite_en_mots(lot, len(repetition.pretes)),
        "titre": titre(lot, lot.nombre),
        "choix": choix_en_mots(lot),
        "deja": deja(lot, repetition.deja),
        "seront": seront(lot, len(repetition.pretes)),
        "operation": OPERATIONS[lot.operation],
        "bouton": titre(lot, len(repetition.pretes), les=True),
        "repetition": repetition,
        "suites": suites,
        "plis": PLIEES_AU_PLUS,
        "autres_raisons": max(0, len(repetition.groupes) - PLIEES_AU_PLUS),
        "reparations": reparer(repetition.groupes[:PLIEES_AU_PLUS], lot.modele),
        "pretes": par_action(lot, repetition),
        "apercus": apercus(lot, repetition),
        "phrase": _phrase(lot),
        "parents": {
            niveau: list(repetition.parents[niveau].values())
            for niveau in reversed(NIVEAUX)
            if niveau in repetition.parents
        },
        "erreur": erreur,
        "ecrit": ecrit,
    }
    return render(request, "bureau/lots/repetition.html", contexte, status=422 if erreur else 200)


def _phrase(lot: Lot) -> str:
    form = PARAMETRES.get(lot.operation)
    return form.phrase(lot.parametres, noms_des_champs(lot.niveau)) if form else ""


def _parametres(request: Requete, lot: Lot, form: Any = None) -> HttpResponse:
    genre = PARAMETRES[lot.operation]
    if form is None:
        initiale = genre.initiale(lot.parametres) if lot.parametres else None
        form = genre(initial=initiale, organisme=lot.organisme, niveau=lot.niveau)
    contexte = {"lot": lot, "titre": titre(lot, lot.nombre), "choix": choix_en_mots(lot), "form": form}
    return render(request, "bureau/lots/parametres.html", contexte, status=422 if form.errors else 200)


def _suivi(request: Requete, lot: Lot) -> dict[str, Any]:
    """Return the context of the progress and of the report, with what the role may do of it."""
    contexte, role = suivi(lot), request.membre.role if request.membre else ""
    return {
        **contexte,
        "peut_agir": role_permet(role, OPERATIONS[lot.operation].operation),
        "annulable": contexte["annulable"] and role_permet(role, droit_d_annuler(lot)),
    }


# --- The buttons ---


def _enregistrer_les_parametres(request: Requete, lot: Lot) -> HttpResponse:
    if lot.operation not in PARAMETRES or lot.etat != Etat.PREPARE:
        return redirect(page_du_lot(lot))
    form = PARAMETRES[lot.operation](request.POST, organisme=lot.organisme, niveau=lot.niveau)
    if not form.is_valid():
        return _parametres(request, lot, form)
    Lot.objects.filter(pk=lot.pk, etat=Etat.PREPARE).update(parametres=form.parametres())
    return redirect(page_du_lot(lot))


def _repeter_de_nouveau(request: Requete, lot: Lot) -> HttpResponse:
    if lot.etat == Etat.PREPARE:
        lot.figer_de_nouveau()
    return redirect(page_du_lot(lot))


def _executer(request: Requete, lot: Lot) -> HttpResponse:
    """Ask for the execution, once the number is typed when many sessions leave the public side."""
    if OPERATIONS[lot.operation].avec_parametres and not lot.parametres:
        return redirect(page_du_lot(lot))
    ecrit = request.POST.get("nombre", "")
    if erreur := confirmer(lot, ecrit, par=request.user):
        return _preparer(request, lot, erreur=erreur, ecrit=ecrit)
    return redirect(page_du_lot(lot))


def _arreter(request: Requete, lot: Lot) -> HttpResponse:
    arreter_tout(lot)
    return redirect(page_du_lot(lot))


def _annuler(request: Requete, lot: Lot) -> HttpResponse:
    defaire(lot, par=request.user)
    return redirect(page_du_lot(lot))


def _reprendre_les_refusees(request: Requete, lot: Lot) -> HttpResponse:
    """Make a new lot of records of this one that were refused for one reason, for the operation asked."""
    code = request.POST.get("operation", "")
    en_nombre = OPERATIONS.get(code)
    if en_nombre is None or lot.niveau not in en_nombre.niveaux:
        raise Http404
    exiger(request, en_nombre.operation)
    phrase = request.POST.get("phrase", "")
    cles = [
        ligne.cle for groupe in raconter(lot).groupes if groupe.phrase == phrase for ligne in groupe.lignes
    ]
    choisies = lot.modele.objects.pour_organisme(request.organisme).filter(pk__in=parmi(cles))
    nouveau = Lot.objects.create(
        organisme=lot.organisme,
        niveau=lot.niveau,
        operation=code,
        par=request.user,
        choix="refusees",
        retour=page_du_lot(lot),
    )
    if not nouveau.figer(choisies.order_by("pk")):
        nouveau.delete()
        return redirect(page_du_lot(lot))
    return redirect(page_du_lot(nouveau))


GESTES = {
    "parametres": _enregistrer_les_parametres,
    "repeter": _repeter_de_nouveau,
    "executer": _executer,
    "reprendre": _executer,
    "arreter": _arreter,
    "annuler": _annuler,
    "refusees": _reprendre_les_refusees,
}


@require_GET
def compte_rendu(request: Requete, pk: int) -> HttpResponse:
    """Return the report of a lot, one line per record, as a CSV file that Excel opens in French."""
    return en_csv(fiche_de_l_espace(request, Lot.objects.des_ecrans(), pk=pk))
