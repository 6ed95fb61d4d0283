"""Sign-in and sign-out."""

import json
import time

from django.conf import settings
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from edof.visiteur import adresse
from organismes.courriels import prevenir
from organismes.duree import SANS_GESTE, fin
from organismes.essais import est_reconnu, reconnaitre
from organismes.forms import ConnexionForm


@method_decorator(login_not_required, name="dispatch")
class Connexion(auth_views.LoginView):
    """« Connexion »: back to the page that was asked for."""

    template_name = "organismes/connexion.html"
    authentication_form = ConnexionForm
    redirect_authenticated_user = True
    extra_context = {"trop_d_essais": False}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """With what a form was sending when the session had expired, if any."""
        return {**super().get_context_data(**kwargs), "reprise": self.request.POST.get("reprise", "")}

    def form_valid(self, form: ConnexionForm) -> HttpResponse:
        """Signed in; what was being sent is given back, for the person to send again."""
        personne = form.get_user()
        # The very first sign-in tells nothing to who has just made the account.
        if personne.last_login and not est_reconnu(self.request, personne.courriel):
            prevenir(personne, "nouvel_appareil", adresse=adresse(self.request))
        reponse = super().form_valid(form)
        if self.get_redirect_url() and (champs := deballer(self.request.POST.get("reprise", ""))):
            reponse = render(self.request, "organismes/reprise.html", {"adresse": self.get_redirect_url(), "champs": champs})
        reconnaitre(self.request, reponse, form.get_user().courriel)
        return reponse

    def form_invalid(self, form: ConnexionForm) -> HttpResponse:
        """Same page, with what was typed."""
        reponse = super().form_invalid(form)
        reponse.status_code = 422
        return reponse


def reconnexion(request: HttpRequest) -> HttpResponse:
    """Sign in again: the session has expired, and what the form was sending stays in the page."""
    champs = [(nom, valeur) for nom, valeurs in request.POST.lists() for valeur in valeurs if nom != "csrfmiddlewaretoken"]
    contexte = {"form": ConnexionForm(request), "next": request.get_full_path(), "trop_d_essais": False, "reprise": json.dumps(champs)}
    return render(request, "organismes/connexion.html", contexte, status=401)


def deballer(reprise: str) -> list[tuple[str, str]]:
    """The fields that `reconnexion` put in the page; none when the text is not of its making.

    A form to fill comes back filled, and is not saved before the person says so.
    """
    try:
        champs = [(str(nom), str(valeur)) for nom, valeur in json.loads(reprise)]
        # JSON can say half a character, which no page can show.
        "".join(nom + valeur for nom, valeur in champs).encode()
    except (ValueError, TypeError, RecursionError):
        return []
    return [(nom, "reprendre" if nom == "operation" and valeur in {"enregistrer", "valider"} else valeur) for nom, valeur in champs]


def trop_d_essais(request: HttpRequest, response: HttpResponse | None = None, credentials: object = None) -> HttpResponse:
    """Too many wrong passwords (see `organismes.essais`): say when to come back, in the same words for any account."""
    form = ConnexionForm(request, initial={"username": request.POST.get("username", "")})
    contexte = {"form": form, "next": request.POST.get("next", ""), "trop_d_essais": True, "reprise": request.POST.get("reprise", "")}
    reponse = render(request, "organismes/connexion.html", contexte, status=429)
    reponse.headers["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return reponse


@login_not_required
@never_cache
@require_safe
def reste(request: HttpRequest) -> JsonResponse:
    """How long one stays signed in, in seconds, and whether doing something would make it longer; 0 once signed out.

    Asked with `X-Sans-Geste` it only tells; without it, it is a gesture (« Rester connecté »).
    """
    if not request.user.is_authenticated:
        return JsonResponse({"secondes": 0, "prolongeable": False})
    instant = int(time.time())
    prolongeable = fin(request, instant) > instant + request.connexion_reste or SANS_GESTE not in request.headers
    return JsonResponse({"secondes": request.connexion_reste, "prolongeable": prolongeable})
