"""The operations of the menu « Opérations »: ask to confirm, then go through the one door."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.db.models import Count
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from catalogue.cycle_de_vie import OperationRefusee, executer, refus_de
from catalogue.menu import NIVEAU_DE, PAGES, url_de
from catalogue.models import Fiche
from catalogue.templatetags.affichage import date_longue
from catalogue.views.acces import exiger, fiche_ou_404, page_du_catalogue, page_precedente, retour_au_catalogue
from organismes.droits import Operation
from publication import visibilite
from sessions_app.models import Session

FAIT = {
    Operation.FERMER: "La session a bien été fermée à l'inscription.",
    Operation.ARCHIVER: "{genre} « {nom} » a bien été archivée.",
    Operation.DESARCHIVER: "{genre} « {nom} » a bien été désarchivée : elle est de nouveau en brouillon.",
    Operation.SUPPRIMER: "{genre} « {nom} » a bien été supprimée.",
}


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
    retour = _retour(request, fiche, demandee)
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
    if demandee == Operation.OUVRIR:
        for phrase in fiche.avertissements():
            messages.warning(request, phrase)
    return redirect(retour)


def _retour(request: HttpRequest, fiche: Fiche, demandee: Operation) -> str:
    """Where the person came from, with the eye on the record, or on its parent when the list may not hold it any more."""
    suite, parents = page_precedente(request), fiche.parents()
    if urlsplit(suite).path != reverse("catalogue"):
        if demandee == Operation.SUPPRIMER:
            return page_du_catalogue(parents[0]) if parents else reverse("catalogue")
        return suite or page_du_catalogue(fiche)
    part = demandee not in {Operation.OUVRIR, Operation.FERMER} or "statut=" in suite or "visibilite=" in suite
    vue = parents[0] if part and parents else None if part else fiche
    return f"{suite}#{vue.cle_html}" if vue else suite


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
        return redirect(retour_au_catalogue(request, fiche))
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
        "suite": page_precedente(request),
        "retour": retour_au_catalogue(request, fiche),
    }
    return render(request, "catalogue/confirmation.html", contexte)
