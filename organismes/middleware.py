"""Middleware that requires sign-in and sets the organisme of the request."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render

from edof.erreurs import acces_refuse
from edof.formulaires import champs_montrables
from edof.horloge import en_avance_de
from organismes import second_facteur, visites
from organismes.bac_a_sable import bac_de, entrer
from organismes.connexion import membres_de
from organismes.droits import refus_en_visite
from organismes.duree import OUVERTE
from organismes.espace import CHAMP, CLE, EN_TETE, AutreOrganisme, Requete, travailler_pour
from organismes.views.connexion import reconnexion, session_expiree

# Technical fields of forms, not shown to users when their input is given back.
TECHNIQUES = {"csrfmiddlewaretoken", CHAMP, "suite", "jeton", "version", "vue", "verification", "operation"}

# The pages that live by the clock of a sandbox, and those among them that live by that of all: tokens,
# webhooks and calendars belong to programs, whose own clocks do not move.
A_SON_HEURE, A_CELLE_DE_TOUS = "bureau.", ("bureau.webhooks.", "bureau.agenda")
# What remains open to whoever must still add a second factor.
SANS_SECOND_FACTEUR = {
    "second_facteur", "facteur_application", "facteur_cle", "facteur_cle_retirer", "facteur_codes",
    "facteur_retirer", "connexion_confirmer", "compte", "appareil_fermer", "deconnexion",
    "choisir_organisme", "messages",
}  # fmt: skip


class ConnexionMiddleware(LoginRequiredMiddleware):
    """Requires users to sign in, without losing what a form was sending."""

    def handle_no_permission(self, request: Requete, view_func: Callable[..., Any]) -> HttpResponse:
        """Return the sign-in page; for a form sent after the session expired, with its content.

        A request from htmx gets 401 with the address of the sign-in page: the page decides
        (static/js/echanges.js).
        """
        if request.htmx:
            return session_expiree(request)
        if request.method == "POST" and request.POST.keys() - {"csrfmiddlewaretoken", CHAMP}:
            return reconnexion(request)
        return super().handle_no_permission(request, view_func)


class EspaceMiddleware:
    """Sets `request.membres`, `request.membre` and `request.organisme`.

    The last two are None for a visitor or a user without organisme. The organisme is the one chosen in the
    session; but a form, and every htmx request, carries the organisme its page was made for, so that two tabs
    open for two organismes never mix.
    """

    def __init__(self, get_response: Callable[[Requete], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Requete) -> HttpResponse:
        request.visite = visites.en_cours(request)
        request.membres = (
            [visites.membre_de(request.visite, request.user)] if request.visite else membres_de(request)
        )
        choisi = request.session.get(CLE)
        request.membre = next(
            (m for m in request.membres if m.organisme_id == choisi), next(iter(request.membres), None)
        )
        request.organisme = request.membre.organisme if request.membre else None
        request.bac = None
        # What the request puts on, the clock of a sandbox, ends with it.
        with en_avance_de(0):
            return self.get_response(request)

    def process_view(self, request: Requete, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Use the organisme carried by the page when it is not the one of the session.

        Refuse the request when the user is no longer a member of it, or, during a visit, when it does not
        only read. The pages of the back-office live by the clock of the organisme when it is a sandbox; those
        of accounts, of the team and of the public, by that of all.
        """
        if (refus := self._choisir(request)) is not None:
            return refus
        vue = view.__module__
        a_son_heure = vue.startswith(A_SON_HEURE) and not vue.startswith(A_CELLE_DE_TOUS)
        request.bac = (entrer if a_son_heure else bac_de)(request.organisme)
        return None

    def _choisir(self, request: Requete) -> HttpResponse | None:
        # The body of API requests is not read here: the API has neither session nor form.
        if not request.user.is_authenticated:
            return None
        if request.visite and not self._hors_de_la_visite(request):
            if phrase := refus_en_visite(str(request.method)):
                return _refus(request, phrase)
            return None
        dit = request.POST.get(CHAMP) or request.headers.get(EN_TETE)
        if not dit or (request.membre and dit == str(request.membre.organisme_id)):
            return None
        membre = next((m for m in request.membres if str(m.organisme_id) == dit), None)
        if membre is None:
            return _refus(
                request, "Vous n'êtes plus membre de l'organisme pour lequel cette page était ouverte."
            )
        if request.htmx:
            # Part of a page, perhaps a draft saved automatically behind another tab: the choice of the
            # session is kept.
            request.membre, request.organisme = membre, membre.organisme
        else:
            travailler_pour(request, membre)
            messages.info(
                request,
                f"Cette page était ouverte pour « {membre.organisme} » : c'est pour lui que vous travaillez"
                " maintenant.",
            )
        return None

    def _hors_de_la_visite(self, request: Requete) -> bool:
        vue = request.resolver_match
        return "admin" in vue.namespaces or vue.url_name in {
            "visite_quitter",
            "deconnexion",
            "connexion_confirmer",
            "rapport_csp",
        }

    def process_exception(self, request: Requete, exception: Exception) -> HttpResponse | None:
        """Offer to change organisme when the record belongs to another one of the user.

        For a form refused with PermissionDenied, show what it contained.
        """
        if isinstance(exception, AutreOrganisme):
            return render(
                request, "organismes/autre_organisme.html", {"autre": exception.organisme}, status=404
            )
        if isinstance(exception, PermissionDenied) and CHAMP in request.POST and (phrase := str(exception)):
            return _refus(request, phrase)
        return None


class SecondFacteurMiddleware:
    """Leads to « Second facteur » whoever must have one and has none yet.

    A sign-in that began before an organisme required it goes on to its end: what was being typed is saved.
    """

    def __init__(self, get_response: Callable[[Requete], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: Requete) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: Requete, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        """Redirect a page, and refuse a form with what it contained."""
        personne, vue = request.user, request.resolver_match
        if not personne.is_authenticated or personne.second_facteur_le or vue.url_name in SANS_SECOND_FACTEUR:
            return None
        if "admin" in vue.namespaces:
            exigence = second_facteur.exigence_de_l_administration(personne)
        elif getattr(view, "login_required", True) and request.organisme:
            depuis = request.organisme.second_facteur_exige_le
            tenu = depuis is not None and request.session.get(OUVERTE, 0) > depuis.timestamp()
            exigence = second_facteur.exigence_des_organismes([request.organisme] if tenu else [])
        else:
            return None
        if not exigence:
            return None
        if request.method in {"GET", "HEAD"} and not request.htmx:
            messages.info(request, f"{exigence} Ajoutez-le pour continuer.")
            return redirect("second_facteur")
        return _refus(request, f"{exigence} Ajoutez-le dans « Mon compte », puis recommencez.")


def _refus(request: Requete, phrase: str) -> HttpResponse:
    """Return a 403 page with what the user had typed, to read and copy. Nothing was saved.

    For htmx, only the message is returned: what was typed is still in the page.
    """
    if request.htmx:
        return acces_refuse(request, PermissionDenied(phrase))
    saisie = [
        valeur for nom, valeur in champs_montrables(request) if nom not in TECHNIQUES and valeur.strip()
    ]
    return render(
        request, "organismes/refus.html", {"phrase": phrase, "saisie": "\n\n".join(saisie)}, status=403
    )
