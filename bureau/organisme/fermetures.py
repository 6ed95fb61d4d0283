"""Views of the closures of an organisme: add, modify, delete."""

import pghistory
from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bureau.organisme.forms import FermetureForm
from organismes.droits import Operation
from organismes.espace import Requete, exiger, fiche_de_l_espace
from sessions_app.fermetures import Fermeture


@require_http_methods(["GET", "POST"])
def saisir(request: Requete, pk: int | None = None) -> HttpResponse:
    """Render and save the form of a closure; sent twice, it adds one."""
    fermeture = (
        fiche_de_l_espace(request, Fermeture.objects.select_related("organisme"), pk=pk) if pk else None
    )
    exiger(request, Operation.GERER_L_ORGANISME)
    nouvelle = Fermeture(organisme=request.organisme, genre=Fermeture.Genre.PROPRE)
    form = FermetureForm(request.POST if request.method == "POST" else None, instance=fermeture or nouvelle)
    if form.is_valid():
        if not form.deja:
            form.enregistrer(request.user)
        messages.success(
            request,
            f"« {form.instance.nom} » est enregistrée : les prochaines séries l'excluront. Les sessions qui"
            " existent ne changent pas.",
        )
        return redirect("organisme")
    contexte = {"form": form, "fermeture": fermeture}
    return render(request, "bureau/organisme/fermeture.html", contexte, status=422 if form.is_bound else 200)


@require_http_methods(["GET", "POST"])
def supprimer(request: Requete, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete a closure."""
    fermeture = fiche_de_l_espace(request, Fermeture.objects.select_related("organisme"), pk=pk)
    exiger(request, Operation.GERER_L_ORGANISME)
    if request.method == "GET":
        return render(request, "bureau/organisme/fermeture_supprimer.html", {"fermeture": fermeture})
    with (
        transaction.atomic(),
        pghistory.context(operation="supprimer", origine="formulaire", **request.user.signature),
    ):
        fermeture.delete()
    messages.success(
        request, f"« {fermeture.nom} » est supprimée : les prochaines séries n'en tiendront plus compte."
    )
    return redirect("organisme")
