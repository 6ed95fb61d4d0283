"""Public views of the formations: they show only what a titulaire could find."""

from django.contrib.auth.decorators import login_not_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET, require_http_methods

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from edof.textes import texte_cherche
from publication import preuves
from publication.en_ligne import chercher, de_la_formation, par_action, resumer, retiree
from publication.forms import PreuveForm
from publication.presentation import presenter
from publication.visibilite import publiques

ACTIONS_PAR_PAGE = 20
# Requests from one network address, with or without search words: each one reads the whole catalogue.
LISTES_PAR_MINUTE = 120


@login_not_required
@require_GET
def formations(request: HttpRequest) -> HttpResponse:
    """Render the list of the actions visible today, filtered by the search `?q=…`.

    Return a 429 above LISTES_PAR_MINUTE requests per minute from one network address.
    """
    q = texte_cherche(request.GET.get("q", ""))
    if trop_souvent(request, "formations", LISTES_PAR_MINUTE):
        return trop_de_demandes(request)
    page = Paginator(par_action(chercher(publiques(), q)), ACTIONS_PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = resumer(page.object_list)
    return render(request, "vitrine/formations.html", {"q": q, "page": page})


@login_not_required
@require_GET
def formation(request: HttpRequest, pk: int) -> HttpResponse:
    """Render one action and its sessions, as they were published.

    Return a 410 for an action that was public and no longer is. Raise Http404 for one that never was.
    """
    parutions = de_la_formation(publiques().filter(action=pk))
    if not parutions:
        return _retiree(request, pk)
    offre, action = parutions[0].contenu_offre.contenu, parutions[0].contenu_action.contenu
    fiche = presenter(offre, action, [parution.contenu_complet for parution in parutions])
    return render(request, "vitrine/formation.html", {"fiche": fiche})


def _retiree(request: HttpRequest, pk: int) -> HttpResponse:
    """Return the 410 page « Cette formation n'est plus proposée »; raise Http404 if it never was public.

    The formation may be public again tomorrow, so the response must not be cached.
    """
    ancienne = retiree(pk)
    if ancienne is None:
        raise Http404
    reponse = render(request, "vitrine/formation_retiree.html", {"ancienne": ancienne}, status=410)
    reponse.headers["Cache-Control"] = "no-store"
    return reponse


@login_not_required
@require_http_methods(["GET", "POST"])
def verifier(request: HttpRequest) -> HttpResponse:
    """Render « Vérifier une preuve »: what this site confirms of a proof that somebody received.

    The proof is submitted as a file or as text. Nothing is stored.
    """
    form = PreuveForm(request.POST, request.FILES) if request.method == "POST" else PreuveForm()
    verdict = None
    if form.is_valid():
        try:
            verdict = preuves.verifier(form.octets())
        except preuves.PreuveIllisible as erreur:
            form.add_error("fichier" if form.cleaned_data["fichier"] else "texte", str(erreur))
    contexte = {"form": form, "verdict": verdict, "fiche": None}
    if verdict and verdict.parution:
        parution = verdict.parution
        contexte["fiche"] = presenter(
            parution.contenu_offre.contenu, parution.contenu_action.contenu, [parution.contenu_complet]
        )
    return render(request, "vitrine/verifier.html", contexte, status=422 if form.errors else 200)
