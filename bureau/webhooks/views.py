"""« Jetons et webhooks », and the pages of a webhook: creation, journal, secret, deletion."""

import datetime as dt
import json
import uuid
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bureau.webhooks.gestes import GESTES, rejouer_une
from crochets import gestes
from crochets.forms import AbonnementForm
from crochets.models import DEUX_SECRETS, JOURS_GARDES, Abonnement, Livraison
from crochets.signature import secret_de
from edof.horloge import maintenant
from organismes.confirmation import mot_de_passe_recent
from organismes.droits import Operation
from organismes.espace import Requete, exiger, fiche_de_l_espace
from organismes.models import Jeton

PAR_PAGE = 30


@require_GET
def jetons_et_webhooks(request: Requete) -> HttpResponse:
    """Render the tokens, the active ones first, and the subscriptions."""
    exiger(request, Operation.GERER_LES_JETONS)
    tous = list(Jeton.objects.pour_organisme(request.organisme).select_related("cree_par", "revoque_par"))
    contexte = {
        "en_service": [j for j in tous if j.is_active],
        "hors_service": [j for j in tous if not j.is_active],
        "abonnements": list(Abonnement.objects.avec_comptes().pour_organisme(request.organisme)),
    }
    return render(request, "organismes/jetons.html", contexte)


def _le_sien(request: Requete, pk: int) -> Abonnement:
    abonnement: Abonnement = fiche_de_l_espace(request, Abonnement.objects.select_related("organisme"), pk=pk)
    exiger(request, Operation.GERER_LES_JETONS)
    return abonnement


def _cle(request: Requete) -> str:
    """Return the key of the form that was sent, a new one when it has none that can be read."""
    try:
        return str(uuid.UUID(request.POST.get("cle", "")))
    except ValueError:
        return str(uuid.uuid4())


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def creer(request: Requete) -> HttpResponse:
    """Render the form; once it is valid, show the secret, only this time."""
    exiger(request, Operation.GERER_LES_JETONS)
    cle = _cle(request)
    form = AbonnementForm(
        request.POST if request.method == "POST" else None,
        instance=Abonnement(organisme=request.organisme),
        secret=secret_de(cle, f"{request.organisme.pk}:{request.user.pk}"),
        initial={"evenements": ["session.ouverte", "session.fermee", "publication.terminee"]},
    )
    if form.is_valid():
        abonnement, _ = gestes.creer(form, par=request.user)
        if abonnement.secret == form.secret:
            contexte = {"abonnement": abonnement, "secret": form.secret, "nouveau": True}
            return render(request, "bureau/webhooks/secret.html", contexte, status=201)
        form.add_error("url", f"Le webhook « {abonnement} » prévient déjà cette adresse : modifiez-le.")
    contexte = {"form": form, "cle": cle, "abonnement": None}
    return render(request, "bureau/webhooks/saisir.html", contexte, status=422 if form.is_bound else 200)


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def modifier(request: Requete, pk: int) -> HttpResponse:
    """Render and save the form of a webhook."""
    abonnement = _le_sien(request, pk)
    form = AbonnementForm(request.POST if request.method == "POST" else None, instance=abonnement)
    if form.is_valid():
        gestes.modifier(form, par=request.user)
        messages.success(request, f"Le webhook « {form.instance} » est enregistré.")
        return redirect("webhook", pk)
    contexte = {"form": form, "cle": "", "abonnement": abonnement}
    return render(request, "bureau/webhooks/saisir.html", contexte, status=422 if form.is_bound else 200)


@require_GET
def webhook(request: Requete, pk: int) -> HttpResponse:
    """Render a webhook and the journal of its deliveries, the latest first."""
    abonnement = _le_sien(request, pk)
    nombres = dict(abonnement.livraisons.order_by().values_list("etat").annotate(nombre=Count("pk")))
    etat = request.GET.get("etat", "")
    livraisons = abonnement.livraisons.select_related("evenement")
    if etat in Livraison.Etat.values:
        livraisons = livraisons.filter(etat=etat)
    page = Paginator(livraisons, PAR_PAGE).get_page(request.GET.get("page"))
    page.object_list = list(page.object_list)
    contexte = {
        "abonnement": abonnement,
        "page": page,
        "etat": etat,
        "onglets": [
            ("", "Toutes", sum(nombres.values())),
            *((e.value, f"{e.label}s" if e != "a_envoyer" else e.label, nombres.get(e.value, 0))
              for e in Livraison.Etat),
        ],
        "perdues": abonnement.livraisons.perdues().count(),
        "partent": any(_part_bientot(livraison) for livraison in page.object_list),
        "jours": JOURS_GARDES,
        "deux_secrets": len(abonnement.secrets) == 2,
    }  # fmt: skip
    return render(request, "bureau/webhooks/webhook.html", contexte)


def _part_bientot(livraison: Livraison) -> bool:
    """Return whether the page should show, within seconds, what becomes of this delivery."""
    prochain = livraison.prochain_essai
    return livraison.etat == Livraison.Etat.A_ENVOYER and (
        prochain is None or prochain < maintenant() + dt.timedelta(seconds=30)
    )


@require_POST
def geste(request: Requete, pk: int) -> HttpResponse:
    """Do what a button of the page says: test, enable, disable, send again what was given up."""
    abonnement = _le_sien(request, pk)
    faire = GESTES.get(request.POST.get("geste", ""))
    if faire is None:
        raise Http404
    faire(request, abonnement)
    return redirect("webhook", pk)


@mot_de_passe_recent
@require_http_methods(["GET", "POST"])
def renouveler(request: Requete, pk: int) -> HttpResponse:
    """Ask for confirmation, then give a new secret and show it, only this time."""
    abonnement, cle = _le_sien(request, pk), _cle(request)
    if request.method == "GET":
        contexte = {"abonnement": abonnement, "cle": cle}
        return render(request, "bureau/webhooks/renouveler.html", contexte)
    secret = secret_de(cle, f"{request.organisme.pk}:{request.user.pk}:{pk}")
    gestes.renouveler(abonnement, secret, par=request.user)
    heures = int(DEUX_SECRETS.total_seconds()) // 3600
    contexte = {"abonnement": abonnement, "secret": secret, "nouveau": False, "heures": heures}
    return render(request, "bureau/webhooks/secret.html", contexte, status=201)


@require_http_methods(["GET", "POST"])
def supprimer(request: Requete, pk: int) -> HttpResponse:
    """Ask for confirmation, then delete a webhook and its journal."""
    abonnement = _le_sien(request, pk)
    if request.method == "GET":
        contexte = {
            "abonnement": abonnement,
            "livraisons": abonnement.livraisons.count(),
            "en_attente": abonnement.livraisons.filter(etat=Livraison.Etat.A_ENVOYER).count(),
        }
        return render(request, "bureau/webhooks/supprimer.html", contexte)
    gestes.supprimer(abonnement, par=request.user)
    messages.success(
        request, f"Le webhook « {abonnement} » est supprimé : {abonnement.url} n'est plus prévenue."
    )
    return redirect("jetons")


@require_http_methods(["GET", "POST"])
def livraison(request: Requete, pk: int, livraison: int) -> HttpResponse:
    """Render a delivery: what is sent, each attempt and its response; POST sends it again."""
    abonnement = _le_sien(request, pk)
    une: Any = get_object_or_404(abonnement.livraisons.select_related("evenement"), pk=livraison)
    if request.method == "POST":
        rejouer_une(request, abonnement, une)
        return redirect("webhook_livraison", pk, livraison)
    contexte = {
        "abonnement": abonnement,
        "livraison": une,
        # Of the session, when it is about one.
        "identifiant": une.evenement.donnees.get("identifiant", ""),
        "corps": json.dumps(une.evenement.contenu(), ensure_ascii=False, indent=2),
        "tentatives": [
            tentative
            | {
                "le": dt.datetime.fromisoformat(tentative["le"]),
                "reussie": 200 <= (tentative["statut"] or 0) < 300,
            }
            for tentative in reversed(une.tentatives)
        ],
        "part": _part_bientot(une),
    }
    return render(request, "bureau/webhooks/livraison.html", contexte)
