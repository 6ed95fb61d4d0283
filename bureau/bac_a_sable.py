"""« Bac à sable »: making one's own, putting its clock forward, deleting it."""

import datetime as dt
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db.models import Sum
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bureau.acces import page_precedente
from edof.templatetags.affichage import enumerer, jour_entier, pluriel
from organismes.droits import Operation, role_permet
from organismes.espace import CLE, Requete, exiger, travailler_pour
from organismes.models import BacASable
from publication import bac_a_sable as bacs
from publication.models import registre

_COMPTES = {
    "parues": "session parue,sessions parues",
    "modifiees": "session modifiée,sessions modifiées",
    "retirees": "session retirée,sessions retirées",
}


class AvanceForm(forms.Form):
    """By how many days the clock is put forward, and the day that it showed (`depuis`)."""

    jours = forms.IntegerField(
        label="Nombre de jours",
        min_value=1,
        max_value=bacs.JOURS_AU_PLUS,
        initial=1,
        error_messages={
            "required": "Indiquez de combien de jours avancer.",
            "invalid": "Indiquez un nombre de jours, en chiffres.",
            "min_value": "Avancez d'un jour au moins : une horloge ne recule pas.",
            "max_value": f"Avancez de {bacs.JOURS_AU_PLUS} jours au plus à la fois.",
        },
    )
    depuis = forms.DateField(
        widget=forms.HiddenInput, input_formats=["%Y-%m-%d"],
        error_messages={"required": "Rechargez la page.", "invalid": "Rechargez la page."},
    )  # fmt: skip


def _le_mien(request: Requete) -> BacASable | None:
    return BacASable.objects.select_related("organisme").filter(proprietaire=request.user.pk).first()


def _le_courant(request: Requete) -> BacASable:
    """Return the sandbox in which the user works; Http404 elsewhere."""
    if request.bac is None:
        raise Http404
    return request.bac


@require_GET
def bac_a_sable(request: Requete) -> HttpResponse:
    """Render the sandbox in which the user works, else what one is for."""
    return _page(request, AvanceForm(initial={"depuis": request.bac and request.bac.jour.isoformat()}))


def _page(request: Requete, form: AvanceForm) -> HttpResponse:
    bac, mien = request.bac, _le_mien(request)
    contexte = {
        "mien": mien,
        "form": form,
        "le_sien": bac is not None and bac == mien,
        "saisit": request.membre is not None and role_permet(request.membre.role, Operation.MODIFIER),
        "jours_au_plus": bacs.JOURS_AU_PLUS,
        "garde": bacs.BACS_A_SABLE.en_mots,
    }
    return render(request, "bureau/bac_a_sable/page.html", contexte, status=422 if form.is_bound else 200)


@require_POST
def creer(request: Requete) -> HttpResponse:
    """Make the sandbox of the user, or find the one that an earlier click made, and go there."""
    bac = bacs.creer(request.user)
    membre = request.user.membres.select_related("organisme").filter(organisme=bac.organisme).first()
    if membre is None:
        # Its owner has left it: another member keeps it.
        raise PermissionDenied("Vous avez quitté votre bac à sable : un de ses membres peut vous y inviter.")
    travailler_pour(request, membre)
    messages.success(request, f"Vous travaillez maintenant dans « {bac} » : rien n'y est public.")
    return redirect("bac_a_sable")


@require_POST
def avancer(request: Requete) -> HttpResponse:
    """Put the clock of the current sandbox forward, and go back to the page that asked."""
    bac = _le_courant(request)
    exiger(request, Operation.MODIFIER)
    form = AvanceForm(request.POST)
    if not form.is_valid():
        return _page(request, form)
    avant = bac.jour
    try:
        bac = bacs.avancer(bac, form.cleaned_data["jours"], depuis=form.cleaned_data["depuis"])
    except bacs.AvanceRefusee as refus:
        messages.warning(request, str(refus))
    else:
        messages.success(request, _ce_qui_s_est_passe(bac, avant))
    return redirect(page_precedente(request) or "bac_a_sable")


def _ce_qui_s_est_passe(bac: BacASable, avant: dt.date) -> str:
    """Return the sentence that says the day, and what the runs since `avant` have published."""
    faits: dict[str, Any] = (
        registre(bac.organisme).filter(jour__gt=avant).aggregate(**{nom: Sum(nom) for nom in _COMPTES})
    )
    comptes = [pluriel(faits[nom], formes) for nom, formes in _COMPTES.items() if faits[nom]]
    suite = enumerer(comptes).capitalize() if comptes else "Rien n'a changé de ce que lirait le public"
    return f"Le bac à sable est au {jour_entier(bac.jour)}. {suite}."


@require_http_methods(["GET", "POST"])
def supprimer(request: Requete) -> HttpResponse:
    """Ask for a confirmation, then delete the sandbox of the user; Http404 without one."""
    mien = _le_mien(request)
    if mien is None:
        raise Http404
    if request.method == "GET":
        return render(request, "bureau/bac_a_sable/supprimer.html", {"mien": mien})
    bacs.supprimer(mien.organisme)
    request.session.pop(CLE, None)
    messages.success(
        request, f"« {mien} » est supprimé, avec tout ce qu'il contenait. Vous pouvez en créer un autre."
    )
    return redirect("accueil")
