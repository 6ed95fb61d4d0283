"""View that answers an invitation, with an existing account or a new one."""

from django.contrib import messages
from django.contrib.auth import login
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods

from organismes import equipe
from organismes.espace import Requete, travailler_pour
from organismes.essais import reconnaitre
from organismes.forms_personnes import NouveauCompteForm
from organismes.models import Utilisateur


@login_not_required
@never_cache
@require_http_methods(["GET", "POST"])
def repondre(request: Requete, jeton: str) -> HttpResponse:
    """Render the page of the link of an invitation, and accept the invitation.

    Only the person who reads that mail can learn whether the address already has an account.
    """
    if (invitation := equipe.invitation_valable(jeton)) is None:
        return _perimee(request)
    donnees = request.POST if request.method == "POST" else None
    form = None
    if request.user.is_authenticated:
        cas = "la_mienne" if request.user.courriel.lower() == invitation.courriel.lower() else "une_autre"
        if donnees is not None and cas == "la_mienne":
            return _rejoindre(request, jeton, request.user)
    elif Utilisateur.objects.filter(courriel__iexact=invitation.courriel).exists():
        cas = "se_connecter"
    else:
        cas = "nouveau"
        form = NouveauCompteForm(donnees, instance=Utilisateur(courriel=invitation.courriel))
        if form.is_valid():
            return _rejoindre(request, jeton, form.personne())
    contexte = {"invitation": invitation, "cas": cas, "form": form}
    return render(request, "organismes/invitation.html", contexte, status=200 if donnees is None else 422)


def _rejoindre(request: Requete, jeton: str, personne: Utilisateur) -> HttpResponse:
    """Add the user to the organisme, signed in, with that organisme as the current one."""
    nouvelle = personne.pk is None
    try:
        membre = equipe.rejoindre(jeton, personne)
    except equipe.InvitationPerimee:
        return _perimee(request)
    except (IntegrityError, PermissionDenied):
        # The account has just been created elsewhere, or its address has changed: the page shows the current
        # state.
        return redirect(request.path)
    reponse = redirect("accueil")
    if nouvelle:
        login(request, personne, backend="django.contrib.auth.backends.ModelBackend")
        reconnaitre(request, reponse, personne.courriel)
    travailler_pour(request, membre)
    messages.success(request, f"Bienvenue dans l'équipe de « {membre.organisme} ».")
    return reponse


def _perimee(request: Requete) -> HttpResponse:
    return render(request, "organismes/invitation_perimee.html", status=410)
