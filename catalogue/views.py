"""The pages of the catalogue: accueil, the tree, « Consulter », and the operations of the menu."""

import re
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.http import require_GET, require_http_methods

from catalogue.arbre import NIVEAU_DE, NIVEAUX, PAGES, Arbre, operations, preparer_action, url_de
from catalogue.cycle_de_vie import OperationRefusee, Statut, executer, refus_de
from catalogue.models import Action, Fiche, Offre
from catalogue.templatetags.affichage import date_longue
from edof.horloge import aujourd_hui, demain
from organismes.droits import Operation, role_permet
from publication import visibilite
from sessions_app.models import Session

FAIT = {
    Operation.FERMER: "La session a bien été fermée à l'inscription.",
    Operation.ARCHIVER: "{genre} « {nom} » a bien été archivée.",
    Operation.DESARCHIVER: "{genre} « {nom} » a bien été désarchivée : elle est de nouveau en brouillon.",
    Operation.SUPPRIMER: "{genre} « {nom} » a bien été supprimée.",
}


@require_GET
def accueil(request: HttpRequest) -> HttpResponse:
    """What to do today."""
    if request.organisme is None:
        return render(request, "organismes/sans_organisme.html")
    sessions = visibilite.avec_visibilite(
        Session.objects.pour_organisme(request.organisme).non_archivees().select_related("action__offre", "action__lieu_de_formation")
    )
    visibles = sessions.filter(est_visible=True)
    en_attente = sessions.filter(est_visible=False, sera_visible=True)
    brouillons = sessions.filter(statut=Statut.BROUILLON).order_by("modifie_le")
    non_visibles = (
        sessions.filter(statut=Statut.ACTIVE, est_visible=False, sera_visible=False)
        .annotate(retenue=visibilite.retenue_par(demain()))
        .order_by("date_debut", "pk")
    )
    raisons = {condition.slug: condition.raison for condition in visibilite.conditions(demain())}
    nombre_non_visibles = non_visibles.count()
    compteurs = [
        _compteur(visibles.values("action").distinct().count(), "action visible", "actions visibles", "sur Mon Compte Formation"),
        _compteur(en_attente.count(), "session à paraître", "sessions à paraître", f"le {date_longue(demain())} au matin"),
        _compteur(nombre_non_visibles, "active mais non visible", "actives mais non visibles", "", alerte=nombre_non_visibles > 0),
        _compteur(brouillons.count(), "brouillon à terminer", "brouillons à terminer", ""),
    ]
    contexte = {
        "compteurs": compteurs,
        "non_visibles": [
            {"session": session, "raison": raisons[session.retenue], "url": reverse("session_visibilite", args=[session.pk])}
            for session in non_visibles[:10]
        ],
        "brouillons": brouillons[:10],
        "demain": en_attente.order_by("date_debut", "pk")[:10],
        "date_demain": demain(),
    }
    return render(request, "catalogue/accueil.html", contexte)


def _compteur(nombre: int, un: str, plusieurs: str, precision: str, *, alerte: bool = False) -> dict[str, object]:
    return {
        "nombre": nombre,
        "libelle": un if nombre < 2 else plusieurs,
        "precision": precision,
        "url": reverse("catalogue"),
        "lien": "Voir le catalogue",
        "alerte": alerte,
    }


@require_GET
def catalogue(request: HttpRequest) -> HttpResponse:
    """« Voir le catalogue »: the tree offre › action › session, with its search (S-08, S-108, S-109)."""
    if request.membre is None:
        return redirect("accueil")
    if branche := re.fullmatch(r"(offre|action)-([0-9]{1,17})", request.htmx.target or ""):
        return _branche(request, branche[1], int(branche[2]))
    arbre = Arbre(request.membre, request.GET)
    toutes = Session.objects.pour_organisme(request.organisme).non_archivees()
    contexte = {
        "q": arbre.q,
        "page": arbre.page(),
        "etat_url": arbre.url(),
        "totaux": {
            "offres": Offre.objects.pour_organisme(request.organisme).non_archivees().count(),
            "actions": Action.objects.pour_organisme(request.organisme).non_archivees().count(),
            "sessions": toutes.count(),
        },
        "prochaine": {
            "date": demain(),
            "nombre": visibilite.avec_visibilite(toutes).filter(est_visible=False, sera_visible=True).count(),
        },
    }
    return render(request, "catalogue/catalogue.html", contexte)


def _branche(request: HttpRequest, niveau: str, pk: int) -> HttpResponse:
    """One block only, for htmx: the state comes from the page that is on screen, so that other branches stay open."""
    arbre = Arbre(request.membre, QueryDict(urlsplit(request.htmx.current_url or "").query))
    ouvertes = arbre.offres_ouvertes if niveau == "offre" else arbre.actions_ouvertes
    ouvertes ^= {pk}
    offres = arbre.offres().filter(**{"pk" if niveau == "offre" else "actions": pk})
    offre = get_object_or_404(offres)
    if niveau == "action":
        arbre.offres_ouvertes.add(offre.pk)
    arbre.deplier([offre])
    contexte: dict[str, object] = {"etat_url": arbre.url(), "offre": offre}
    gabarit = "catalogue/_offre.html"
    if niveau == "action":
        contexte["action"] = next(action for action in offre.actions_affichees if action.pk == pk)
        gabarit = "catalogue/_action.html"
    reponse = render(request, gabarit, contexte)
    reponse["HX-Push-Url"] = arbre.url()
    return reponse


def fiche_ou_404(request: HttpRequest, niveau: str, pk: int) -> Fiche:
    """The record of this level and key when it belongs to the organisme of the person; else 404."""
    modele = NIVEAUX.get(niveau)
    if modele is None:
        raise Http404
    parents = {
        "offre": ("certification",),
        "action": ("offre", "lieu_de_formation"),
        "session": ("action__offre", "action__lieu_de_formation"),
    }
    return get_object_or_404(modele.objects.pour_organisme(request.organisme).select_related(*parents[niveau]), pk=pk)


def exiger(request: HttpRequest, operation: Operation) -> None:
    """Raise PermissionDenied, with a sentence, when the role has not this right in this organisme."""
    if request.membre is None or not role_permet(request.membre.role, operation):
        raise PermissionDenied(f"Votre rôle ne permet pas l'opération « {operation.label} ».")


@require_GET
def offre_consulter(request: HttpRequest, pk: int) -> HttpResponse:
    """« Consulter » an offre, read only."""
    offre = fiche_ou_404(request, "offre", pk)
    contexte = {"offre": offre, "operations": operations(offre, request.membre), "etat_url": request.path}
    return render(request, "catalogue/offre.html", contexte)


@require_GET
def action_consulter(request: HttpRequest, pk: int) -> HttpResponse:
    """« Consulter » an action, read only."""
    action = fiche_ou_404(request, "action", pk)
    preparer_action(action, request.membre)
    contexte = {"action": action, "operations": action.operations, "etat_url": request.path}
    return render(request, "catalogue/action.html", contexte)


def page_du_catalogue(fiche: Fiche) -> str:
    """The catalogue with the branch of this record open, and the eye on it."""
    offre, action = {
        "offre": lambda f: (f.pk, None),
        "action": lambda f: (f.offre_id, f.pk),
        "session": lambda f: (f.action.offre_id, f.action_id),
    }[NIVEAU_DE[type(fiche)]](fiche)
    suite = f"&a={action}" if action else ""
    return f"{reverse('catalogue')}?o={offre}{suite}#{NIVEAU_DE[type(fiche)]}-{fiche.pk}"


@require_http_methods(["GET", "POST"])
def operation(request: HttpRequest, niveau: str, pk: int, code: str) -> HttpResponse:
    """An operation of the menu: GET asks to confirm what needs it, POST does it through the one door."""
    if code not in {*FAIT, Operation.OUVRIR}:
        raise Http404
    demandee = Operation(code)
    fiche = fiche_ou_404(request, niveau, pk)
    if request.method == "GET":
        if demandee not in PAGES:
            return redirect(url_de(fiche, Operation.CONSULTER))
        exiger(request, demandee)
        return _confirmation(request, fiche, demandee)
    retour = _suite(request) or page_du_catalogue(fiche)
    try:
        fiche = executer(fiche, demandee, par=request.user)
    except OperationRefusee as refusee:
        deja = demandee in {Operation.OUVRIR, Operation.FERMER} and all("déjà" in refus.phrase for refus in refusee.refus)
        messages.add_message(request, messages.INFO if deja else messages.ERROR, str(refusee))
        return redirect(retour)
    except type(fiche).DoesNotExist:
        messages.info(request, "Cette fiche n'existe plus : elle a été supprimée entre-temps.")
        return redirect("catalogue")
    messages.success(request, _message(fiche, demandee))
    return redirect(retour)


def _suite(request: HttpRequest) -> str | None:
    """Where the person came from, when that is a page of ours."""
    suite = request.POST.get("suite", "")
    sure = url_has_allowed_host_and_scheme(suite, allowed_hosts=None) and suite.startswith("/")
    return suite if sure else None


def _message(fiche: Fiche, faite: Operation) -> str:
    if faite != Operation.OUVRIR:
        return FAIT[faite].format(genre=fiche.GENRE, nom=fiche.identifiant)
    session = visibilite.avec_visibilite(Session.objects.filter(pk=fiche.pk)).get()
    debut = "La session a bien été ouverte à l'inscription."
    if session.est_visible:
        return f"{debut} Elle est de nouveau visible sur Mon Compte Formation."
    if jour := visibilite.visible_le(session):
        return f"{debut} Elle sera visible sur Mon Compte Formation le {date_longue(jour)} au matin."
    return f"{debut} Elle n'est pas encore visible : consultez « Pourquoi pas visible ? »."


def _confirmation(request: HttpRequest, fiche: Fiche, demandee: Operation) -> HttpResponse:
    """The page that says what will follow, with numbers, before it does."""
    niveau = NIVEAU_DE[type(fiche)]
    if refus := refus_de(fiche, demandee):
        messages.error(request, " ".join(r.phrase for r in refus))
        return redirect(page_du_catalogue(fiche))
    emportees = [
        (ensemble.non_archivees() if demandee == Operation.ARCHIVER else ensemble).aggregate(n=Count("pk"))["n"]
        for ensemble in fiche.descendants()
    ]
    noms = {"offre": ("action", "session"), "action": ("session",), "session": ()}[niveau]
    comptes = [f"{n} {nom}{'s' if n > 1 else ''}" for n, nom in zip(emportees, noms, strict=True) if n]
    verbe = "archivée" if demandee == Operation.ARCHIVER else "supprimée"
    phrases = [f"{fiche.GENRE} « {fiche.identifiant} » va être {verbe}."]
    if comptes:
        phrases.append(f"Avec elle : {' et '.join(comptes)}.")
    if demandee == Operation.ARCHIVER:
        phrases.append("Elle quittera aussitôt la partie publique et ne pourra plus être modifiée. Vous pourrez la désarchiver.")
    else:
        phrases.append("La suppression est définitive.")
    contexte = {
        "objet": fiche,
        "niveau": niveau,
        "titre": f"{demandee.label} {fiche.GENRE.lower()}",
        "phrases": phrases,
        "libelle": demandee.label,
        "danger": demandee == Operation.SUPPRIMER,
        "suite": reverse("catalogue") if demandee == Operation.SUPPRIMER else page_du_catalogue(fiche),
        "retour": page_du_catalogue(fiche),
    }
    return render(request, "catalogue/confirmation.html", contexte)


@require_GET
def aide_visibilite(request: HttpRequest) -> HttpResponse:
    """The check-list of visibility (S-37): the conditions that the program itself applies."""
    liste = [{"phrase": c.exigence, "qui": c.qui} for c in visibilite.conditions(aujourd_hui())]
    return render(request, "catalogue/aide_visibilite.html", {"conditions": liste})
