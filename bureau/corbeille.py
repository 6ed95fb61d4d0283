"""Views that undo an operation (« Annuler », in a message) and list the deleted records (« Corbeille »)."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from bureau.acces import page_precedente, retour_au_catalogue
from bureau.fiche.operations import visibilite_a_venir
from bureau.menu import NIVEAUX
from catalogue import annulation
from catalogue.cycle_de_vie import OperationRefusee
from catalogue.models import Fiche, Suppression
from catalogue.models.corbeille import JOURS_GARDES
from catalogue.operations import ANNULATIONS, REMPLACER, SERIE, TABLEAU
from edof.templatetags.affichage import compter, enumerer, pluriel
from lots.models import Lot
from organismes.droits import Operation
from organismes.espace import Requete, exiger
from publication.visibilite import visibilite_de

PAR_PAGE = 50
# How many of the records that stay are named.
NOMMEES = 10
Touchees = dict[type[Fiche], set[int]]


@require_POST
def annuler_operation(request: Requete, contexte: UUID) -> HttpResponse:
    """Undo the operation that a message announced, and redirect to the page where it was shown.

    `contexte` identifies the operation in the history. A refusal is shown as an error message. Raise Http404
    when this organisme has no such operation.
    """
    touchees = _touchees_ou_404(request, contexte)
    if du_lot := _page_du_lot(request, contexte):
        return redirect(du_lot)
    suite = page_precedente(request)
    if refus := _annuler(request, contexte, touchees):
        messages.error(request, refus)
        return redirect(suite or "catalogue")
    au_catalogue = urlsplit(suite).path in {"", reverse("catalogue")}
    return redirect(retour_au_catalogue(request, _premiere(touchees)) if au_catalogue else suite)


@require_http_methods(["GET", "POST"])
def corbeille(request: Requete) -> HttpResponse:
    """Render the deletions that can be undone, latest first; POST restores one of them.

    When the restoration is refused, the page (422) shows the reason beside the deletion. Raise
    PermissionDenied without the right to delete.
    """
    exiger(request, Operation.SUPPRIMER)
    refus, refusee = "", None
    if request.method == "POST":
        refusee = _uuid_ou_404(request.POST.get("contexte", ""))
        if du_lot := _page_du_lot(request, refusee):
            return redirect(du_lot)
        refus = _annuler(request, refusee, _touchees_ou_404(request, refusee))
        if not refus:
            return redirect(request.get_full_path())
    gardees = (
        Suppression.objects.pour_organisme(request.organisme)
        .gardees()
        .select_related("supprimee_par", "jeton")
    )
    page = Paginator(gardees, PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    for suppression in page.object_list:
        suppression.emporte = enumerer(
            compter(
                {
                    modele: suppression.emportees.get(niveau, 0)
                    for niveau, modele in NIVEAUX.items()
                    if niveau != suppression.niveau
                }
            )
        )
        suppression.refus = refus if suppression.contexte == refusee else ""
    if refus and not any(suppression.refus for suppression in page.object_list):
        messages.error(request, refus)
    contexte = {"page": page, "jours": JOURS_GARDES}
    return render(request, "bureau/corbeille.html", contexte, status=422 if refus else 200)


def _page_du_lot(request: Requete, contexte: UUID) -> str:
    """Return the URL of the page of the operation on many that wrote this context; "" for another.

    It is undone there: what has moved since stays, and is named.
    """
    lot = Lot.objects.pour_organisme(request.organisme).des_ecrans().filter(contexte=contexte).first()
    return reverse("lot", args=[lot.pk]) if lot else ""


def _annuler(request: Requete, contexte: UUID, touchees: Touchees) -> str:
    """Undo the operation; return the reason of a refusal, or an empty string.

    An operation that is already undone is not a refusal: the user gets an information message.
    """
    try:
        operation = annulation.annuler(contexte, organisme_id=request.organisme.pk, par=request.user)
    except OperationRefusee as refusee:
        if not annulation.est_annulee(contexte, touchees):
            return str(refusee)
        messages.info(request, "C'était déjà annulé : il n'y a rien de plus à faire.")
        return ""
    fiche = _premiere(touchees)
    voir = f"voir:{fiche.cle_html}" if operation == Operation.SUPPRIMER and fiche else ""
    messages.success(request, _phrase(operation, touchees, fiche), extra_tags=voir)
    if operation == SERIE:
        _dire_ce_qui_reste(request, touchees)
    return ""


def _dire_ce_qui_reste(request: Requete, touchees: Touchees) -> None:
    """Name the created records that were not taken back, because somebody has changed them since (D-48)."""
    for modele, cles in touchees.items():
        restent = [str(fiche) for fiche in modele.objects.filter(pk__in=cles).order_by("pk")]
        if restent:
            suite = " et d'autres" if len(restent) > NOMMEES else ""
            messages.warning(
                request,
                f"{pluriel(len(restent), 'fiche reste,fiches restent')}, modifiée ou ouverte depuis :"
                f" {', '.join(restent[:NOMMEES])}{suite}.",
            )


def _phrase(operation: str, touchees: Touchees, fiche: Fiche | None) -> str:
    """Return the success message of an operation that has just been undone.

    Example: « L'archivage a été annulé : l'offre « X » et 3 sessions sont revenues dans leur état d'avant. »
    """
    annulation = ANNULATIONS[operation]
    nombres = {modele: len(cles) for modele, cles in touchees.items()}
    total = sum(nombres.values())
    if operation in {SERIE, TABLEAU}:
        return f"{annulation.dite}."
    if operation == REMPLACER:
        quoi = pluriel(total, "fiche,fiches")
    elif fiche is None:
        return f"{annulation.dite}."
    else:
        quoi = enumerer([f"{fiche.GENRE.lower()} « {fiche} »", *compter(nombres | {type(fiche): 0})])
    phrase = f"{annulation.dite} : {quoi} {annulation.une if total == 1 else annulation.plusieurs}."
    if operation != Operation.FERMER:
        return phrase
    return f"{phrase} {visibilite_a_venir(visibilite_de(fiche.pk))}"


def _premiere(touchees: Touchees) -> Fiche | None:
    """Return the record on which the operation was requested, None when it no longer exists.

    It is the only record of its level: the others are below it.
    """
    modele, cles = next(iter(touchees.items()))
    return modele.objects.filter(pk=min(cles)).first()


def _touchees_ou_404(request: Requete, contexte: UUID) -> Touchees:
    """Return the records that this operation touched; raise Http404 when this organisme has none."""
    touchees = annulation.touchees(contexte, request.organisme.pk) if request.organisme else {}
    if not touchees:
        raise Http404
    return touchees


def _uuid_ou_404(texte: str) -> UUID:
    try:
        return UUID(texte)
    except ValueError as erreur:
        raise Http404 from erreur
