"""The password asked again before what is dangerous, when it was typed more than a quarter of an hour ago."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from edof.formulaires import champs_montrables
from edof.horloge import secondes
from organismes.duree import OUVERTE
from organismes.espace import Requete
from organismes.forms_personnes import ConfirmationForm

# When the password was last typed, in the session. A sign-in begins with it.
CONFIRME = "mot_de_passe_a"
DUREE = 15 * 60


def est_recent(request: Requete) -> bool:
    """Return whether the password was typed less than a quarter of an hour ago."""
    return secondes() - max(request.session.get(CONFIRME, 0), request.session.get(OUVERTE, 0)) < DUREE


def confirmer(request: Requete) -> None:
    """Say that the password has just been typed."""
    request.session[CONFIRME] = secondes()


def demander(request: Requete) -> HttpResponse:
    """Ask for the password, then go on: to the page, or with what the form was sending."""
    if request.method in {"GET", "HEAD"}:
        vers = urlencode({"next": request.get_full_path()})
        return redirect(f"{reverse('connexion_confirmer')}?{vers}")
    contexte = {
        "form": ConfirmationForm(request.user),
        "next": request.get_full_path(),
        "reprise": json.dumps(champs_montrables(request)),
    }
    return render(request, "organismes/confirmer.html", contexte, status=401)


def mot_de_passe_recent(vue: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Return the view, behind the password unless it was typed less than a quarter of an hour ago."""

    @wraps(vue)
    def gardee(request: Requete, *args: Any, **kwargs: Any) -> HttpResponse:
        return vue(request, *args, **kwargs) if est_recent(request) else demander(request)

    return gardee
