"""Views of « Second facteur »: an application, passkeys, recovery codes; and its end."""

from base64 import b32encode
from io import BytesIO

import segno
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.core import signing
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_GET, require_http_methods

from edof.templatetags.affichage import de
from organismes import cles_d_acces, second_facteur
from organismes.confirmation import mot_de_passe_recent
from organismes.espace import Requete
from organismes.forms_personnes import CleForm, CodeForm
from organismes.models import Utilisateur

SEL = "application-de-codes"
# Of the key in a form, in seconds.
VALIDITE = 3600
UNE_AU_MOINS = "C'est votre seul second facteur : retirez-le en entier, ou ajoutez-en un autre d'abord."


def _personne(request: Requete) -> Utilisateur:
    """Return the user, read again: what the session holds may be a moment old."""
    return Utilisateur.objects.get(pk=request.user.pk)


@require_GET
def second_facteur_du_compte(request: Requete) -> HttpResponse:
    """Render what the second factor of the user is made of, and what can be added to it."""
    personne = _personne(request)
    contexte = {
        "personne": personne,
        "application": second_facteur.application_de(personne),
        "cles": list(personne.cles_d_acces.all()),
        "restants": second_facteur.codes_restants(personne),
        "codes_en_tout": second_facteur.NOMBRE_DE_CODES,
        "exigence": second_facteur.exigence(personne, request.membres),
        "cles_possibles": cles_d_acces.possibles(request),
    }
    return render(request, "organismes/second_facteur.html", contexte)


@never_cache
@mot_de_passe_recent
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def application(request: Requete) -> HttpResponse:
    """Show the QR code and the key of a new application, and save it once it has given a right code.

    Nothing is stored before: the key is in the form, signed.
    """
    personne, cle = _personne(request), ""
    form = CodeForm(request.POST if request.method == "POST" else None, longueur=6)
    if request.method == "POST":
        try:
            pk, cle = signing.loads(request.POST.get("cle", ""), salt=SEL, max_age=VALIDITE)
        except (signing.BadSignature, ValueError):
            pk = None
        if pk != personne.pk:
            messages.warning(request, "Cette page datait trop : voici un nouveau QR code.")
            return redirect("facteur_application")
        if form.is_valid():
            nouveau = personne.second_facteur_le is None
            if second_facteur.poser_l_application(personne, cle, form.cleaned_data["code"]):
                return _pose(request, personne, nouveau, "L'application est ajoutée.")
            form.add_error(
                "code", "Ce n'est pas le code affiché en ce moment : vérifiez l'heure de votre téléphone."
            )
    nouvelle = second_facteur.nouvelle_application(personne, cle)
    base32 = b32encode(nouvelle.bin_key).decode()
    contexte = {
        "form": form,
        "remplace": second_facteur.application_de(personne) is not None,
        "qr": _qr(nouvelle.config_url),
        "cle": signing.dumps([personne.pk, nouvelle.key], salt=SEL),
        "cle_lisible": " ".join(base32[i : i + 4] for i in range(0, len(base32), 4)),
        "adresse": nouvelle.config_url,
    }
    return render(
        request, "organismes/facteur_application.html", contexte, status=422 if form.is_bound else 200
    )


@never_cache
@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def cle(request: Requete) -> HttpResponse:
    """Ask the browser for a passkey, and save it under a name."""
    personne = _personne(request)
    form = CleForm(request.POST if request.method == "POST" else None)
    if personne.cles_d_acces.count() >= cles_d_acces.CLES_AU_PLUS:
        messages.error(request, f"{cles_d_acces.CLES_AU_PLUS} clés au plus : retirez-en une d'abord.")
        return redirect("second_facteur")
    if form.is_valid():
        nouvelle = cles_d_acces.nouvelle(
            request, personne, form.cleaned_data["reponse"], form.cleaned_data["nom"]
        )
        nouveau = personne.second_facteur_le is None
        if nouvelle is not None and second_facteur.poser_la_cle(personne, nouvelle):
            return _pose(request, personne, nouveau, f"La clé « {nouvelle} » est ajoutée.")
        form.add_error(None, "La clé n'a pas répondu comme attendu : recommencez.")
    contexte = {
        "form": form,
        "possibles": cles_d_acces.possibles(request),
        "options": (
            cles_d_acces.demander_une_nouvelle(request, personne) if cles_d_acces.possibles(request) else ""
        ),
    }
    return render(request, "organismes/facteur_cle.html", contexte, status=422 if form.is_bound else 200)


@mot_de_passe_recent
@require_http_methods(["POST"])
def cle_retirer(request: Requete, pk: int) -> HttpResponse:
    """Remove a passkey, unless it is all that the second factor is made of."""
    personne = _personne(request)
    if (retiree := personne.cles_d_acces.filter(pk=pk).first()) is None:
        messages.info(request, "Cette clé était déjà retirée.")
    elif second_facteur.retirer_la_cle(personne, retiree):
        messages.success(request, f"La clé « {retiree} » est retirée.")
    else:
        messages.error(request, UNE_AU_MOINS)
    return redirect("second_facteur")


@never_cache
@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def codes(request: Requete) -> HttpResponse:
    """Confirm, then replace the recovery codes and show the new ones, only this time."""
    personne = _personne(request)
    if personne.second_facteur_le is None:
        messages.info(request, "Les codes de secours viennent avec un second facteur : ajoutez-le d'abord.")
        return redirect("second_facteur")
    if request.method == "GET":
        contexte = {"restants": second_facteur.codes_restants(personne)}
        return render(request, "organismes/facteur_codes_refaire.html", contexte)
    return _montrer_les_codes(request, personne)


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def retirer(request: Requete) -> HttpResponse:
    """Confirm, then take away the second factor, unless it is required."""
    personne = _personne(request)
    exigence = second_facteur.exigence(personne, request.membres)
    if request.method == "GET" and personne.second_facteur_le:
        contexte = {"exigence": exigence}
        return render(request, "organismes/facteur_retirer.html", contexte)
    if exigence:
        messages.error(request, f"{exigence} Vous pouvez en changer, pas le retirer.")
    elif second_facteur.retirer(personne, par=personne):
        update_session_auth_hash(request, personne)
        messages.success(request, "Votre second facteur est retiré : le mot de passe suffit de nouveau.")
    else:
        messages.info(request, "Vous n'avez pas de second facteur.")
    return redirect("second_facteur")


def _pose(request: Requete, personne: Utilisateur, nouveau: bool, phrase: str) -> HttpResponse:
    """Keep this session open, and end with the recovery codes when the second factor is new."""
    update_session_auth_hash(request, personne)
    if nouveau:
        return _montrer_les_codes(request, personne)
    messages.success(request, phrase)
    return redirect("second_facteur")


def _montrer_les_codes(request: Requete, personne: Utilisateur) -> HttpResponse:
    avait_des_codes = second_facteur.codes_restants(personne) > 0
    codes = second_facteur.refaire_les_codes(personne)
    fichier = [
        f"Catalogue OF : codes de secours {de(personne.courriel)}",
        "Chacun remplace une fois votre second facteur.",
        "",
        *codes,
    ]
    return render(
        request,
        "organismes/facteur_codes.html",
        {"codes": codes, "avait_des_codes": avait_des_codes, "fichier": "\r\n".join(fichier)},
        status=201,
    )


def _qr(adresse: str) -> SafeString:
    """Return the QR code of this address, as SVG made of this address alone."""
    image = BytesIO()
    segno.make(adresse, micro=False, error="l").save(
        image, kind="svg", xmldecl=False, svgns=False, scale=5, border=3, light="#fff", dark="#14213d",
        svgclass="qr", lineclass=None, omitsize=False,
    )  # fmt: skip
    return mark_safe(image.getvalue().decode())
