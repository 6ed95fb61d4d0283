"""Views of « Mon compte » and of a forgotten password."""

import json
from typing import Any

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.core import signing
from django.core.serializers.json import DjangoJSONEncoder
from django.db import IntegrityError, transaction
from django.forms import BaseForm
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from edof.debit import trop_souvent
from edof.erreurs import trop_de_demandes
from organismes import appareils
from organismes.confirmation import mot_de_passe_recent
from organismes.courriels import composer, deposer, envoyer, prevenir
from organismes.donnees_personnelles import donnees_de
from organismes.espace import Requete
from organismes.essais import reconnaitre
from organismes.forms_personnes import (
    BulletinForm,
    ConfirmationForm,
    MotDePasseForm,
    MotDePasseOublieForm,
    NomForm,
    NouveauMotDePasseForm,
    NouvelleAdresseForm,
)
from organismes.models import Frequence, Utilisateur
from organismes.views.agenda import partie_du_compte

SEL = "nouvelle-adresse"
UN_JOUR = 24 * 3600
# Per address: beyond these limits, whoever tries passwords or requests links has to wait a minute.
ESSAIS_PAR_MINUTE, LIENS_PAR_MINUTE = 10, 5
# The parts of the page; each has its own form and button.
PARTIES = {
    "nom": NomForm,
    "bulletin": BulletinForm,
    "adresse": NouvelleAdresseForm,
    "mot_de_passe": MotDePasseForm,
    "sessions": ConfirmationForm,
}


# The parts that ask for the password.
PROTEGEES = PARTIES.keys() - {"nom", "bulletin"}


@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def compte(request: Requete) -> HttpResponse:
    """Render the parts of the account page, and save the one that is sent.

    A part with errors is rendered again with the status 422.
    """
    # The user is read again: a refused form must not change what the header shows.
    personne = Utilisateur.objects.get(pk=request.user.pk)
    envoyee = request.POST.get("partie", "") if request.method == "POST" else None
    if envoyee in PARTIES and envoyee in PROTEGEES and trop_souvent(request, "compte", ESSAIS_PAR_MINUTE):
        return trop_de_demandes(request)
    formulaires = {
        nom: classe(personne, request.POST if nom == envoyee else None, auto_id=f"id_{nom}_%s")
        for nom, classe in PARTIES.items()
    }
    if envoyee in PARTIES and formulaires[envoyee].is_valid():
        {
            "nom": _nommer,
            "bulletin": _choisir_le_bulletin,
            "adresse": _demander_l_adresse,
            "mot_de_passe": _changer_le_mot_de_passe,
            "sessions": _fermer_les_sessions,
        }[envoyee](request, personne, formulaires[envoyee])
        return redirect("compte")
    contexte = {
        "formulaires": formulaires,
        "membres": request.membres,
        "agenda": partie_du_compte(request),
        "appareils": appareils.ouverts(personne, request.session.session_key),
    }
    return render(request, "organismes/compte.html", contexte, status=200 if envoyee is None else 422)


def _nommer(request: Requete, personne: Utilisateur, form: NomForm) -> None:
    personne.save(update_fields=["prenom", "nom"])
    messages.success(request, "Votre nom est enregistré.")


def _choisir_le_bulletin(request: Requete, personne: Utilisateur, form: BulletinForm) -> None:
    frequence = form.cleaned_data["frequence_du_bulletin"]
    if form.has_changed():
        personne.choisir_le_bulletin(frequence)
    dit = {
        Frequence.JAMAIS: "Vous ne recevrez plus le bulletin.",
        Frequence.QUOTIDIEN: "Vous recevrez le bulletin chaque matin, dès demain.",
    }
    defaut = "Vous recevrez le bulletin chaque lundi matin, dès lundi prochain."
    messages.success(request, dit.get(frequence, defaut))


def _demander_l_adresse(request: Requete, personne: Utilisateur, form: NouvelleAdresseForm) -> None:
    """Send the e-mail that confirms the new address.

    The answer is the same whether that address already has an account or not. Only the person who reads the
    mail of that address can tell.
    """
    vers = form.cleaned_data["courriel"]
    jeton = signing.dumps([personne.pk, personne.courriel, vers], salt=SEL)
    prise = Utilisateur.objects.filter(courriel__iexact=vers).exists()
    url = request.build_absolute_uri(reverse("adresse_confirmer", args=[jeton]))
    if echec := envoyer(
        composer("adresse_deja_prise" if prise else "nouvelle_adresse", vers, personne=personne, url=url)
    ):
        messages.error(request, f"L'e-mail n'est pas parti, votre adresse ne change pas. {echec}")
    else:
        messages.success(
            request,
            f"Un e-mail est envoyé à {vers} : ouvrez le lien qu'il contient pour confirmer. D'ici là, rien ne"
            " change.",
        )


def _changer_le_mot_de_passe(request: Requete, personne: Utilisateur, form: MotDePasseForm) -> None:
    _poser(request, personne, form.cleaned_data["new_password1"])
    prevenir(personne, "mot_de_passe_change")
    messages.success(request, "Votre mot de passe est changé, et vos autres appareils sont déconnectés.")


def _fermer_les_sessions(request: Requete, personne: Utilisateur, form: ConfirmationForm) -> None:
    """Store the same password with another salt, which ends the other sessions."""
    _poser(request, personne, form.cleaned_data["mot_de_passe"])
    messages.success(request, "Vos autres appareils sont déconnectés. Celui-ci reste connecté.")


@never_cache
@mot_de_passe_recent
@require_GET
def donnees(request: Requete) -> HttpResponse:
    """Send all that is known of this person, as a JSON file."""
    if trop_souvent(request, "donnees", ESSAIS_PAR_MINUTE):
        return trop_de_demandes(request)
    return fichier_des_donnees(request.user)


def fichier_des_donnees(personne: Utilisateur) -> HttpResponse:
    """Return the file of all that is known of this person."""
    corps = json.dumps(donnees_de(personne), cls=DjangoJSONEncoder, ensure_ascii=False, indent=2)
    return HttpResponse(
        corps,
        content_type="application/json",
        headers={"Content-Disposition": f'attachment; filename="donnees-personnelles-{personne.pk}.json"'},
    )


@require_POST
@mot_de_passe_recent
def fermer_un_appareil(request: Requete) -> HttpResponse:
    """Sign one device out, at once; the present one is signed out by its own button."""
    if appareils.fermer(request.user, request.POST.get("appareil", "")):
        messages.success(request, "Cet appareil est déconnecté.")
    else:
        messages.info(request, "Cet appareil était déjà déconnecté.")
    return redirect("/compte/#sessions")


def _poser(request: Requete, personne: Utilisateur, mot_de_passe: str) -> None:
    personne.set_password(mot_de_passe)
    personne.save(update_fields=["password"])
    update_session_auth_hash(request, personne)


@require_http_methods(["GET", "POST"])
def confirmer_l_adresse(request: Requete, jeton: str) -> HttpResponse:
    """Confirm the new address from the link it received: GET asks for confirmation, POST changes the address.

    The user then signs in with the new address.
    """
    try:
        pk, de, vers = signing.loads(jeton, salt=SEL, max_age=UN_JOUR)
    except (signing.BadSignature, ValueError):
        return _lien_perime(request)
    if (pk, de) != (request.user.pk, request.user.courriel):
        return _lien_perime(request)
    if request.method == "GET":
        return render(request, "organismes/adresse_confirmer.html", {"vers": vers})
    try:
        with transaction.atomic():
            changees = Utilisateur.objects.filter(pk=pk, courriel=de).update(courriel=vers)
    except IntegrityError:
        changees = 0
    if not changees:
        return _lien_perime(request)
    deposer(composer("adresse_changee", de))
    messages.success(request, f"Vous vous connectez maintenant avec {vers}.")
    return redirect("compte")


def _lien_perime(request: Requete) -> HttpResponse:
    return render(request, "organismes/lien_perime.html", status=410)


class _Refus422:
    """Mixin for a form view: a form with errors is returned with the status 422."""

    def form_invalid(self, form: BaseForm) -> HttpResponse:
        """Render the same page, with what was typed."""
        reponse = super().form_invalid(form)
        reponse.status_code = 422
        return reponse


class MotDePasseOublie(_Refus422, auth_views.PasswordResetView):
    """The page « Mot de passe oublié ».

    The answer and its duration are the same, whether the address is known or not.
    """

    template_name = "organismes/mot_de_passe_oublie.html"
    form_class = MotDePasseOublieForm
    success_url = reverse_lazy("mot_de_passe_envoye")

    def post(self, request: Requete, *args: Any, **kwargs: Any) -> HttpResponse:
        """Send a link, within the limit of requests by address."""
        if trop_souvent(request, "mot-de-passe-oublie", LIENS_PAR_MINUTE):
            return trop_de_demandes(request)
        return super().post(request, *args, **kwargs)


class MotDePasseEnvoye(auth_views.PasswordResetDoneView):
    """The page that tells what to do next."""

    template_name = "organismes/mot_de_passe_envoye.html"


class MotDePasseChoisir(_Refus422, auth_views.PasswordResetConfirmView):
    """The page opened by the link, to choose a new password."""

    template_name = "organismes/mot_de_passe_choisir.html"
    form_class = NouveauMotDePasseForm
    success_url = reverse_lazy("connexion")

    def render_to_response(self, context: dict[str, Any], **kwargs: Any) -> HttpResponse:
        """Render with the status 410 for a link that was used or has expired."""
        return super().render_to_response(context, **({} if self.validlink else {"status": 410}), **kwargs)

    def form_valid(self, form: NouveauMotDePasseForm) -> HttpResponse:
        """Save the password, notify the user, and go to the sign-in page."""
        messages.success(self.request, "Votre mot de passe est changé : connectez-vous avec le nouveau.")
        reponse = super().form_valid(form)
        prevenir(self.user, "mot_de_passe_change")
        # This browser is made known: the person who reads the mail of the account must not be locked out by
        # others' attempts.
        reconnaitre(self.request, reponse, self.user.courriel)
        return reponse
