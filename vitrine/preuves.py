"""The page « Vérifier une preuve de parution », for who received a proof."""

from typing import Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from edof.replique import sur_la_replique
from publication import preuves
from publication.forms import PreuveForm
from publication.presentation import presenter


@login_not_required
@require_http_methods(["GET", "POST"])
@sur_la_replique
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
    contexte: dict[str, Any] = {"form": form, "verdict": verdict, "fiche": None}
    if verdict and verdict.parution:
        parution = verdict.parution
        contexte["fiche"] = presenter(
            parution.contenu_offre.contenu, parution.contenu_action.contenu, [parution.contenu_complet]
        )
    return render(request, "vitrine/verifier.html", contexte, status=422 if form.errors else 200)
