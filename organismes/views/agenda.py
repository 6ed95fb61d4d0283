"""Views of « Mon compte » that make and revoke the secret link of a member's calendar."""

import uuid

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from organismes.espace import Requete
from organismes.models import LienDAgenda, Membre
from organismes.models.jeton import empreinte


def en_webcal(adresse: str) -> str:
    """Return the same address for the calendar program of the device, which then subscribes to it."""
    return f"webcal:{adresse.partition(':')[2]}"


def partie_du_compte(request: Requete) -> dict[str, object]:
    """Return what « Mon compte » shows: the link in service, the key of the form, the public calendar."""
    if request.membre is None:
        return {}
    public = request.build_absolute_uri(reverse("agenda_organisme", args=[request.organisme.siret]))
    return {
        "lien": request.membre.liens_d_agenda.en_service().first(),
        "cle": uuid.uuid4(),
        "public": public,
        "webcal": en_webcal(public),
    }


@require_POST
def creer(request: Requete) -> HttpResponse:
    """Make the link, and show its secret, only this time. The former link no longer opens anything.

    The hidden field `cle` makes a second submission find the same link, unless it was revoked since.
    """
    if request.membre is None:
        return redirect("compte")
    secret = LienDAgenda.secret_de(request.POST.get("cle", ""), request.membre)
    if not request.POST.get("cle") or not _poser(request.membre, secret):
        messages.error(request, "Ce formulaire a déjà servi : créez votre lien ici.")
        return redirect(f"{reverse('compte')}#agenda")
    adresse = request.build_absolute_uri(reverse("agenda_prive", args=[secret]))
    contexte = {"adresse": adresse, "webcal": en_webcal(adresse)}
    return render(request, "organismes/agenda_cree.html", contexte, status=201)


def _poser(membre: Membre, secret: str) -> bool:
    """Make this secret the link of the member; return False when it was one and is revoked."""
    with transaction.atomic():
        # Two tabs at once: each waits for the other here, and the last one wins.
        Membre.objects.select_for_update().get(pk=membre.pk)
        lien = LienDAgenda.objects.filter(empreinte=empreinte(secret)).first()
        if lien is None:
            membre.liens_d_agenda.revoquer()
            lien = membre.liens_d_agenda.create(empreinte=empreinte(secret))
        return lien.revoque_le is None


@require_POST
def revoquer(request: Requete) -> HttpResponse:
    """Revoke the link of the member permanently."""
    if request.membre is not None and request.membre.liens_d_agenda.revoquer():
        messages.success(request, "Votre lien d'agenda est révoqué : il n'ouvre plus rien.")
    else:
        messages.info(request, "Votre lien d'agenda était déjà révoqué.")
    return redirect(f"{reverse('compte')}#agenda")
