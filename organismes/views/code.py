"""Views of the second step of a sign-in, and of the password that is asked again."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from edof.horloge import secondes
from organismes import cles_d_acces, second_facteur
from organismes.confirmation import confirmer
from organismes.courriels import prevenir
from organismes.espace import Requete
from organismes.essais import doit_attendre, noter_un_echec
from organismes.forms_personnes import CodeForm, ConfirmationForm
from organismes.models import Utilisateur
from organismes.views.connexion import EN_ATTENTE, deballer, entrer, rendre_la_saisie, trop_d_essais

# How long one may look for one's telephone, in seconds.
ATTENTE = 10 * 60


@login_not_required
@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def code(request: Requete) -> HttpResponse:
    """Ask for the second factor of whoever has just given the right password, then sign in."""
    if (personne := _attendue(request)) is None:
        return redirect("accueil" if request.user.is_authenticated else "connexion")
    form = CodeForm(request.POST if request.method == "POST" else None)
    cle = request.POST.get("reponse", "")
    if request.method == "POST":
        if doit_attendre(request, personne.courriel):
            return trop_d_essais(request)
        donne = bool(cle) or form.is_valid()
        if cle:
            bon, form = cles_d_acces.verifier(request, personne, cle), CodeForm()
        else:
            bon = donne and second_facteur.verifier(personne, form.cleaned_data["code"])
        if bon:
            return _entrer(request, personne)
        if donne and not cle:
            form.add_error("code", "Ce code n'est pas le bon, ou il a déjà servi.")
        if donne and noter_un_echec(request, personne.courriel):
            # Somebody has the password: the owner must know.
            prevenir(personne, "codes_refuses")
    contexte = {
        "form": form,
        "personne": personne,
        "cle_refusee": bool(cle),
        "options": (
            cles_d_acces.demander_une_connue(request, personne)
            if cles_d_acces.possibles(request) and personne.cles_d_acces.exists()
            else ""
        ),
        "application": second_facteur.application_de(personne) is not None,
    }
    return render(
        request, "organismes/connexion_code.html", contexte, status=200 if request.method == "GET" else 422
    )


def _attendue(request: Requete) -> Utilisateur | None:
    """Return whose second factor is awaited; None when it was not begun, or too long ago."""
    attente = request.session.get(EN_ATTENTE)
    if not attente or request.user.is_authenticated or secondes() - attente["a"] >= ATTENTE:
        return None
    personne = Utilisateur.objects.filter(pk=attente["personne"], is_active=True).first()
    # The password, or the second factor itself, may have changed since.
    return personne if personne and personne.get_session_auth_hash() == attente["signe"] else None


def _entrer(request: Requete, personne: Utilisateur) -> HttpResponse:
    attente = request.session.pop(EN_ATTENTE)
    return entrer(request, personne, attente["vers"], attente["reprise"])


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def confirmer_le_mot_de_passe(request: Requete) -> HttpResponse:
    """Ask for the password again, then go on to `next`, with what a form was sending."""
    vers = request.POST.get("next") or request.GET.get("next") or ""
    if not (vers.startswith("/") and url_has_allowed_host_and_scheme(vers, allowed_hosts=None)):
        vers = "/compte/"
    reprise = request.POST.get("reprise", "")
    form = ConfirmationForm(request.user, request.POST if request.method == "POST" else None)
    if request.method == "POST":
        if doit_attendre(request, request.user.courriel):
            return trop_d_essais(request)
        if form.is_valid():
            confirmer(request)
            if champs := deballer(reprise):
                return rendre_la_saisie(request, vers, champs, confirme=True)
            return redirect(vers)
        if form.has_error("mot_de_passe", "faux"):
            noter_un_echec(request, request.user.courriel)
    contexte = {"form": form, "next": vers, "reprise": reprise}
    return render(
        request, "organismes/confirmer.html", contexte, status=200 if request.method == "GET" else 422
    )
