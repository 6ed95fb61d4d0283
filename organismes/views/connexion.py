"""Views of sign-in, and of an expired session or form."""

import json
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from edof.erreurs import acces_refuse
from edof.formulaires import champs_montrables
from edof.horloge import secondes
from edof.visiteur import adresse
from organismes.appareils import en_mots
from organismes.courriels import prevenir
from organismes.duree import SANS_GESTE, fin
from organismes.espace import Requete
from organismes.essais import est_reconnu, reconnaitre
from organismes.forms import ConnexionForm
from organismes.models import Utilisateur

# Whose password was right, while the second factor is asked for.
EN_ATTENTE = "second_facteur_attendu"


@method_decorator(login_not_required, name="dispatch")
class Connexion(auth_views.LoginView):
    """The page « Connexion », which then redirects to the requested page."""

    template_name = "organismes/connexion.html"
    authentication_form = ConnexionForm
    redirect_authenticated_user = True
    extra_context = {"trop_d_essais": False}

    def get_context_data(self, **kwargs: object) -> dict[str, object]:
        """Add what a form was sending when the session expired, if any."""
        reprise = self.request.POST.get("reprise", "")
        return {
            **super().get_context_data(**kwargs),
            "reprise": reprise,
            "expiree": bool(reprise) or "expiree" in self.request.GET,
        }

    def form_valid(self, form: ConnexionForm) -> HttpResponse:
        """Sign in, or ask for the second factor when the account has one."""
        personne, vers = form.get_user(), self.get_redirect_url()
        reprise = self.request.POST.get("reprise", "")
        if personne.second_facteur_le:
            mettre_en_attente(self.request, personne, vers, reprise)
            return redirect("connexion_code")
        return entrer(self.request, personne, vers, reprise)

    def form_invalid(self, form: ConnexionForm) -> HttpResponse:
        """Render the same page (422), with what was typed."""
        reponse = super().form_invalid(form)
        reponse.status_code = 422
        return reponse


def mettre_en_attente(request: Requete, personne: Utilisateur, vers: str, reprise: str) -> None:
    """Keep in the session whose password was right: nobody is signed in before the second factor."""
    request.session[EN_ATTENTE] = {
        "personne": personne.pk,
        "signe": personne.get_session_auth_hash(),
        "a": secondes(),
        "vers": vers,
        "reprise": reprise,
    }


def entrer(request: Requete, personne: Utilisateur, vers: str, reprise: str) -> HttpResponse:
    """Sign in; show the input that was being sent, for the user to send again."""
    # The first sign-in is not notified: the user has just created the account.
    if personne.last_login and not est_reconnu(request, personne.courriel):
        appareil = en_mots(request.headers.get("User-Agent", ""))
        prevenir(personne, "nouvel_appareil", adresse=adresse(request), appareil=appareil)
    login(request, personne, backend="django.contrib.auth.backends.ModelBackend")
    if vers and (champs := deballer(reprise)):
        reponse = rendre_la_saisie(request, vers, champs)
    else:
        reponse = redirect(vers or "accueil")
    reconnaitre(request, reponse, personne.courriel)
    return reponse


def reconnexion(request: Requete) -> HttpResponse:
    """Render the sign-in page of an expired session (401), which keeps what the form was sending."""
    contexte = {
        "form": ConnexionForm(request),
        "next": request.get_full_path(),
        "trop_d_essais": False,
        "expiree": True,
    }
    return render(
        request,
        "organismes/connexion.html",
        {**contexte, "reprise": json.dumps(champs_montrables(request))},
        status=401,
    )


def session_expiree(request: Requete) -> HttpResponse:
    """Return 401 to htmx: nothing was done.

    The header `X-Connexion` is the address of the sign-in page, which then redirects to the requested page.
    """
    ou = f"{reverse('connexion')}?{urlencode({'expiree': 1, 'next': request.get_full_path()})}"
    return HttpResponse(status=401, headers={"X-Connexion": ou, "Cache-Control": "no-store"})


def formulaire_perime(request: Requete, reason: str = "") -> HttpResponse:
    """Answer a request whose CSRF check failed.

    When the page is ours but too old (cookies erased, signed in again elsewhere), what it was sending is
    given back, after a sign-in if necessary. A request from another site is refused: nothing that it sends
    comes back as a form.
    """
    if not _vient_de_nous(request):
        return acces_refuse(
            request, PermissionDenied("Ce formulaire ne vient pas de ce site, ou vos cookies sont refusés.")
        )
    if request.htmx:
        return session_expiree(request)
    vue = request.resolver_match.func if request.resolver_match else None
    if not request.user.is_authenticated and getattr(vue, "login_required", True):
        return reconnexion(request)
    champs = deballer(json.dumps(champs_montrables(request)))
    return rendre_la_saisie(request, request.get_full_path(), champs, statut=403)


def _vient_de_nous(request: Requete) -> bool:
    """Return whether no header of the request names another site as its origin; browsers always send one."""
    d_ou = [request.headers[nom] for nom in ("Origin", "Referer") if nom in request.headers]
    return all(urlsplit(origine).netloc == request.get_host() for origine in d_ou) and request.headers.get(
        "Sec-Fetch-Site"
    ) in {
        None,
        "same-origin",
        "none",
    }


def rendre_la_saisie(
    request: Requete,
    vers: str,
    champs: list[tuple[str, str]],
    statut: int = 200,
    *,
    confirme: bool = False,
) -> HttpResponse:
    """Render the page whose button sends the form again."""
    contexte = {"adresse": vers, "champs": champs, "connecte": statut == 200, "confirme": confirme}
    return render(request, "organismes/reprise.html", contexte, status=statut)


def deballer(reprise: str) -> list[tuple[str, str]]:
    """Return the (name, value) fields that `reconnexion` put in the page; empty when the text is not valid.

    A form is given back filled in, and is not saved before the user confirms.
    """
    try:
        champs = [(str(nom), str(valeur)) for nom, valeur in json.loads(reprise)]
        # JSON may contain a lone surrogate, which no page can show.
        "".join(nom + valeur for nom, valeur in champs).encode()
    except (ValueError, TypeError, RecursionError):
        return []
    return [
        (nom, "reprendre" if nom == "operation" and valeur in {"enregistrer", "valider"} else valeur)
        for nom, valeur in champs
    ]


def trop_d_essais(
    request: Requete, response: HttpResponse | None = None, credentials: object = None
) -> HttpResponse:
    """Render the sign-in page after too many wrong passwords (429), with the delay in `Retry-After`.

    The text is the same for any account (see `organismes.essais`).
    """
    form = ConnexionForm(request, initial={"username": request.POST.get("username", "")})
    contexte = {"form": form, "next": request.POST.get("next", ""), "trop_d_essais": True}
    contexte["reprise"] = reprise = request.POST.get("reprise", "")
    contexte["expiree"] = bool(reprise)
    reponse = render(request, "organismes/connexion.html", contexte, status=429)
    reponse.headers["Retry-After"] = str(int(settings.AXES_COOLOFF_TIME.total_seconds()))
    return reponse


@login_not_required
@never_cache
@require_safe
def reste(request: Requete) -> JsonResponse:
    """Return in JSON how long the sign-in lasts, in seconds, and whether activity would extend it.

    The duration is 0 once signed out. With the header `X-Sans-Geste` the request only reads; without it, it
    counts as activity (« Rester connecté »).
    """
    if not request.user.is_authenticated:
        return JsonResponse({"secondes": 0, "prolongeable": False})
    instant = secondes()
    prolongeable = (
        fin(request, instant) > instant + request.connexion_reste or SANS_GESTE not in request.headers
    )
    return JsonResponse({"secondes": request.connexion_reste, "prolongeable": prolongeable})
