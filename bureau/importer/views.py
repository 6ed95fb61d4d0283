"""The pages « Importer »: the deposit, the plan of a file, its columns, its report."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from bureau.importer import valeurs
from bureau.importer.forms import DepotForm
from bureau.importer.guide import niveaux_du_guide
from bureau.importer.plan import PlanMontre, auteurs_des_changements, phrase_de_lecture
from bureau.importer.suivi import DEMANDES, contexte_du_suivi, demandes_en_mots, preparer_les_demandes
from catalogue.models import Action
from echanges.decisions import Decision
from echanges.execution import TOUT_DE_SUITE, annuler, avancer_un_import, demander
from echanges.models import JOURS_GARDES, Etat, Import, Mode
from echanges.plan import Commencees
from echanges.preparation import (
    COLLAGE,
    changees_depuis,
    deposer,
    preparer,
    tables_de,
    valeur_lue,
)
from echanges.preparation import TOUT_DE_SUITE as OCTETS_TOUT_DE_SUITE
from edof.lecture import lire_cle
from edof.templatetags.affichage import pluriel
from edof.textes import nettoyer_texte
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger, fiche_de_l_espace

PAR_PAGE = 20


@require_http_methods(["GET", "POST"])
def importer(request: Requete) -> HttpResponse:
    """Render the deposit of a file and the journal of imports; POST keeps the file and reads it."""
    exiger(request, Operation.MODIFIER)
    action = _action(request)
    form = DepotForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        importation = Import(organisme=request.organisme, par=request.user, action=action, nom=form.nom)
        return redirect(_page(_deposer(importation, form)))
    tous = Import.objects.pour_organisme(request.organisme).select_related("par", "jeton", "annule_par")
    page = Paginator(tous, PAR_PAGE).get_page(request.GET.get("page"))
    contexte = {"form": form, "action": action, "page": page, "jours": JOURS_GARDES}
    return render(request, "bureau/importer/deposer.html", contexte, status=422 if form.errors else 200)


def _action(request: Requete) -> Action | None:
    """Return the action of the sessions whose line names none, when the page was opened from one."""
    ecrite = request.POST.get("action") or request.GET.get("action") or ""
    if not ecrite:
        return None
    if (cle := lire_cle(ecrite)) is None:
        raise Http404
    action: Action = fiche_de_l_espace(request, Action.objects.select_related("offre"), pk=cle)
    return action


def _deposer(importation: Import, form: DepotForm) -> Import:
    """Keep the file; read it at once when it is small, else leave it to the worker."""
    deposer(importation, form.morceaux())
    if importation.taille <= OCTETS_TOUT_DE_SUITE:
        preparer(importation)
    return importation


def _page(importation: Import) -> str:
    return reverse("import", args=[importation.pk])


@require_http_methods(["GET", "POST"])
def une_importation(request: Requete, pk: int) -> HttpResponse:
    """Render an import: its reading, its plan, its progress or its report; POST does what a button says."""
    importation = importation_ou_404(request, pk)
    if request.method == "POST":
        geste = GESTES.get(_nom_du_geste(request))
        if geste is None:
            raise Http404
        return geste(request, importation)
    if importation.etat == Etat.PLANIFIE:
        return _plan(request, importation)
    gabarit = "refuse" if importation.etat == Etat.REFUSE else "suivi"
    contexte = {
        "importation": importation,
        "form": DepotForm(),
        **contexte_du_suivi(request, importation),
    }
    return render(request, f"bureau/importer/{gabarit}.html", contexte)


def importation_ou_404(request: Requete, pk: int) -> Import:
    """Return an import of the organisme, for who may import."""
    liees = ("organisme", "par", "jeton", "annule_par", "action__offre")
    importation: Import = fiche_de_l_espace(request, Import.objects.select_related(*liees), pk=pk)
    exiger(request, Operation.MODIFIER)
    return importation


def _nom_du_geste(request: Requete) -> str:
    """Return what the button says; a proposal taken and a value put back are repairs."""
    if "prendre" in request.POST or "remettre" in request.POST:
        return "reparer"
    return str(request.POST.get("geste", ""))


def _plan(request: Requete, importation: Import, erreur: str = "") -> HttpResponse:
    _actualiser(request, importation)
    inconnues = valeurs.inconnues(importation)
    voir, page = request.GET.get("voir", ""), request.GET.get("page")
    montre = PlanMontre(importation, voir, page, inconnues.attendent)
    a_ecrire = importation.lignes.filter(decision__in=[Decision.CREATION, Decision.MODIFICATION])
    demandes = demandes_en_mots(importation)
    contexte = {
        "importation": importation,
        "tables": tables_de(importation),
        "montre": montre,
        "phrase": phrase_de_lecture(importation),
        "collage": importation.nom == COLLAGE,
        "remarques": importation.lecture.get("remarques", []),
        "inconnues": inconnues.valeurs,
        "deja": importation.deja_applique(),
        "valides": a_ecrire.filter(choisie=True).count(),
        "demandes": demandes,
        "rien_a_faire": not (demandes or a_ecrire.exists() or montre.comptes[Decision.ERREUR]),
        "peut_ouvrir": role_permet(request.membre.role, Operation.OUVRIR),
        "ouvertures": bool(importation.choix.get("ouvertures")),
        "mode": importation.mode,
        "commencees": importation.choix.get("commencees", Commencees.IGNORER),
        "ont_commence": importation.lignes.filter(anomalies__contains=[{"code": "commencee"}]).count(),
        "erreur": erreur or importation.refus,
        "form": DepotForm(),
        "jours": JOURS_GARDES,
    }
    return render(request, "bureau/importer/plan.html", contexte, status=422 if erreur else 200)


def _actualiser(request: Requete, importation: Import) -> bool:
    """Plan again when records have changed since; the lines that touch them are unticked, and say so."""
    bougees = changees_depuis(importation)
    if not bougees:
        return False
    choix = importation.choix
    decochees = {*choix.get("decochees", ()), *(ligne.repere for ligne in bougees)}
    dites = {**choix.get("bougees", {}), **auteurs_des_changements(importation, bougees)}
    _retenir(importation, decochees=sorted(decochees), bougees=dites)
    preparer(importation)
    return True


def _retenir(importation: Import, **dits: Any) -> None:
    importation.choix = {**importation.choix, **dits}
    Import.objects.filter(pk=importation.pk).update(choix=importation.choix)


# --- The buttons of the plan ---


def _noter_les_cases(request: Requete, importation: Import) -> None:
    """Keep the ticks of the lines that the page showed, the mode, and the openings."""
    montrees = {rang for texte in request.POST.getlist("montrees") if (rang := lire_cle(texte))}
    cochees = {rang for texte in request.POST.getlist("choisies") if (rang := lire_cle(texte))}
    decochees = set(importation.choix.get("decochees", ())) - montrees | (montrees - cochees)
    mode = request.POST.get("mode", "")
    if mode in Mode.values and mode != importation.mode:
        importation.mode = mode
        Import.objects.filter(pk=importation.pk).update(mode=mode)
    dits: dict[str, Any] = {"decochees": sorted(decochees)}
    if "demandes-montrees" in request.POST:
        dits["ouvertures"] = "ouvertures" in request.POST
    _retenir(importation, **dits)
    importation.lignes.filter(repere__in=montrees & cochees).update(choisie=True)
    importation.lignes.filter(repere__in=montrees - cochees).update(choisie=False)


def _reparer(request: Requete, importation: Import) -> HttpResponse:
    """Keep what was typed in place of what was read, and what the unknown values mean; plan again."""
    if importation.etat == Etat.PLANIFIE:
        _noter_les_cases(request, importation)
        _noter_les_reparations(request, importation)
        valeurs.retenir(importation, request.POST)
        if (commencees := request.POST.get("commencees")) in Commencees.values:
            _retenir(importation, commencees=commencees)
        _relire(importation)
    return redirect(_retour(request, importation))


def _relire(importation: Import) -> None:
    if importation.taille <= OCTETS_TOUT_DE_SUITE:
        preparer(importation)
    else:
        Import.objects.filter(pk=importation.pk, etat=Etat.PLANIFIE).update(etat=Etat.A_LIRE)


def _noter_les_reparations(request: Requete, importation: Import) -> None:
    """Keep the texts typed in the cells, the proposals taken, and forget those that are put back."""
    mises = _mises(request)
    corrections = {numero: dict(dites) for numero, dites in importation.choix.get("corrections", {}).items()}
    for rangee in importation.lignes.filter(repere__in={numero for numero, _ in mises}):
        for (numero, champ), mise in mises.items():
            if numero == rangee.repere:
                dites = corrections.setdefault(str(numero), {})
                dites[champ] = {"lue": valeur_lue(rangee, champ), "mise": mise}
    for remise in request.POST.getlist("remettre"):
        ligne, _, champ = remise.partition(":")
        corrections.get(ligne, {}).pop(champ, None)
    _retenir(importation, corrections=corrections)


def _mises(request: Requete) -> dict[tuple[int, str], str]:
    """Return what was typed or taken, by line and field."""
    mises = {}
    for nom in map(nettoyer_texte, request.POST):
        ecrit = nettoyer_texte(str(request.POST.get(nom, ""))).strip()
        numero, _, champ = nom.removeprefix("c-").partition("-")
        if nom.startswith("c-") and ecrit and (ligne := lire_cle(numero)) is not None:
            mises[ligne, champ] = ecrit[:3000]
    for prise in map(nettoyer_texte, request.POST.getlist("prendre")):
        numero, _, reste = prise.partition(":")
        champ, _, texte = reste.partition(":")
        if champ and (ligne := lire_cle(numero)) is not None:
            mises[ligne, champ] = texte[:3000]
    return mises


def _retour(request: Requete, importation: Import) -> str:
    voir = request.POST.get("voir", "")
    return f"{_page(importation)}?voir={voir}" if voir.isalpha() else _page(importation)


def _appliquer(request: Requete, importation: Import) -> HttpResponse:
    """Ask for the application, unless something has changed since what the page showed."""
    if importation.etat != Etat.PLANIFIE:
        return redirect(_page(importation))
    _noter_les_cases(request, importation)
    if _actualiser(request, importation):
        phrase = "Des fiches ont changé pendant que vous lisiez : vérifiez-les, puis appliquez."
        return _plan(request, importation, phrase)
    comptes = importation.decisions()
    if importation.mode == Mode.TOUT and comptes[Decision.ERREUR]:
        fautives = pluriel(comptes[Decision.ERREUR], "ligne est,lignes sont")
        phrase = f"{fautives} en erreur : réparez, ou choisissez les lignes valides."
        return _plan(request, importation, phrase)
    a_ecrire = importation.lignes.filter(
        decision__in=[Decision.CREATION, Decision.MODIFICATION], choisie=True
    )
    nombre = a_ecrire.count()
    if not nombre and not (importation.choix.get("ouvertures") and importation.lignes.exclude(demande="")):
        return _plan(request, importation, "Aucune ligne n'est à appliquer : il n'y a rien à faire.")
    if demander(importation, mode=importation.mode, par=request.user) and nombre <= TOUT_DE_SUITE:
        avancer_un_import(importation.pk)
    return redirect(_page(importation))


def _abandonner(request: Requete, importation: Import) -> HttpResponse:
    """Forget a file that was not applied."""
    if importation.etat in {Etat.PLANIFIE, Etat.REFUSE, Etat.A_LIRE}:
        Import.objects.filter(pk=importation.pk, etat=importation.etat).delete()
        messages.info(request, f"« {importation.nom} » est abandonné : rien n'a été écrit.")
        return redirect("importer")
    return redirect(_page(importation))


def _redeposer(request: Requete, importation: Import) -> HttpResponse:
    """Read the corrected file in the place of the first one: what was said of it is kept."""
    if importation.etat not in {Etat.PLANIFIE, Etat.REFUSE}:
        return redirect(_page(importation))
    form = DepotForm(request.POST, request.FILES)
    if not form.is_valid():
        for erreurs in form.errors.values():
            messages.error(request, " ".join(map(str, erreurs)))
        return redirect(_page(importation))
    importation.nom, importation.par = form.nom, request.user
    _deposer(importation, form)
    return redirect(_page(importation))


def _annuler(request: Requete, importation: Import) -> HttpResponse:
    if annuler(importation, par=request.user) and importation.nombre <= TOUT_DE_SUITE:
        avancer_un_import(importation.pk)
    return redirect(_page(importation))


GESTES: dict[str, Callable[[Requete, Import], HttpResponse]] = {
    "reparer": _reparer,
    "appliquer": _appliquer,
    "abandonner": _abandonner,
    "deposer": _redeposer,
    "annuler": _annuler,
    **dict.fromkeys(DEMANDES, preparer_les_demandes),
}


@require_GET
def guide(request: Requete) -> HttpResponse:
    """Render the guide of the format, made from the fields."""
    exiger(request, Operation.MODIFIER)
    return render(request, "bureau/importer/guide.html", {"niveaux": niveaux_du_guide()})
