"""The pages « Créer une série » and « Reconduire »: the same preview, the same creation."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from bureau.acces import retour_au_catalogue
from bureau.series.mois import calendrier_de
from bureau.series.reconduction import ReconduireForm, source_de
from catalogue.cycle_de_vie import OperationRefusee, Statut
from catalogue.forms.fiche import pris_entre_temps
from catalogue.models import Action
from edof.templatetags.affichage import pluriel
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger, fiche_de_l_espace
from sessions_app.forms import SessionForm
from sessions_app.habitudes import Habitudes
from sessions_app.models import Session
from sessions_app.serie_demandee.apercu import Apercu, Saisie, a_changer, apercevoir, bilan
from sessions_app.serie_demandee.creation import creer, initiale, obstacle
from sessions_app.serie_demandee.forms import SerieForm

DEJA = "Cette série est déjà créée."


@dataclass(frozen=True)
class Ecran:
    """What differs between the two pages: the template, where one goes back to, what it shows."""

    gabarit: str
    retour: str
    contexte: dict[str, object]


@require_http_methods(["GET", "POST"])
def creer_une_serie(request: Requete, pk: int) -> HttpResponse:
    """Render the form of a series and what it would create; POST with `operation=creer` creates it."""
    action = fiche_de_l_espace(
        request,
        Action.objects.select_related("offre__certification", "lieu_de_formation", "organisme"),
        pk=pk,
    )
    exiger(request, Operation.MODIFIER)
    if phrase := obstacle(action):
        messages.error(request, phrase)
        return redirect(retour_au_catalogue(request, action))
    options = {"action": action, "habitudes": Habitudes(request.organisme, [action.pk])}
    saisie = request.POST if request.method == "POST" else initiale(SerieForm(**options))
    ecran = Ecran("bureau/series/creer.html", retour_au_catalogue(request, action), {"action": action})
    return _repondre(request, SerieForm(saisie, **options), saisie, ecran)


@require_http_methods(["GET", "POST"])
def reconduire(request: Requete) -> HttpResponse:
    """Render the sessions of a year shifted to the next one; POST with `operation=creer` creates them."""
    exiger(request, Operation.MODIFIER)
    source = source_de(request)
    actions = {session.action_id for session in source.sessions}
    options: dict[str, Any] = {"source": source, "habitudes": Habitudes(request.organisme, actions)}
    saisie = request.POST if request.method == "POST" else initiale(ReconduireForm(**options))
    retour = retour_au_catalogue(request, source.fiche) if source.fiche else reverse("sessions")
    ecran = Ecran("bureau/series/reconduire.html", retour, {"source": source})
    return _repondre(request, ReconduireForm(saisie, **options), saisie, ecran)


def _repondre(
    request: Requete, form: SerieForm | ReconduireForm, saisie: Saisie, ecran: Ecran
) -> HttpResponse:
    """Show what the form would create, or create it: in one transaction, or not at all (422).

    Nothing is written before.
    """
    creer = request.POST.get("operation") == "creer"
    cle = _cle(request)
    apercu = _apercu(form, saisie, cle) if form.is_valid() else None
    if creer and apercu and apercu.deja:
        messages.info(request, DEJA)
        return redirect(ecran.retour)
    statut = 200
    if creer:
        if apercu and apercu.pretes and not apercu.jamais_vues:
            try:
                return _creer(request, form, apercu, cle, ecran.retour)
            except OperationRefusee as refusee:
                messages.error(request, str(refusee))
            except IntegrityError as erreur:
                apercu = _apercu(form, saisie, cle)
                if apercu.deja:
                    messages.info(request, DEJA)
                    return redirect(ecran.retour)
                if not pris_entre_temps(erreur, Session(), SessionForm):
                    raise
                messages.error(
                    request,
                    "Rien n'a été créé : un identifiant vient d'être pris, ou le contact ou l'adresse"
                    " d'être supprimé. Vérifiez l'aperçu, puis recommencez.",
                )
        statut = 422
    contexte = {
        **ecran.contexte,
        "form": form,
        "apercu": apercu,
        "bilan": bilan(apercu) if apercu else "",
        "a_changer": a_changer(apercu) if apercu else "",
        "calendrier": calendrier_de(apercu, form.exclusions) if apercu else None,
        "retour": ecran.retour,
        "cle": request.POST.get("cle") or uuid.uuid4().hex,
    }
    return render(request, ecran.gabarit, contexte, status=statut)


def _apercu(form: SerieForm | ReconduireForm, saisie: Saisie, cle: uuid.UUID) -> Apercu:
    prevues = form.prevues()
    au_dela = form.au_dela_du_calendrier(max(prevue.occurrence.fin for prevue in prevues))
    reserves = list(form.source.reserves) if isinstance(form, ReconduireForm) else []
    reserves += [au_dela] if au_dela else []
    return apercevoir(prevues, form.cleaned_data["modele"], saisie, form.phrase, reserves, cle)


def _creer(
    request: Requete, form: SerieForm | ReconduireForm, apercu: Apercu, cle: uuid.UUID, retour: str
) -> HttpResponse:
    """Create the sessions, once for each page that was opened, and go back."""
    contexte, sessions = creer(apercu.pretes, form.habitudes, cle, par=request.user)
    brouillons = sum(session.statut == Statut.BROUILLON for session in sessions)
    faite = "session a été créée,sessions ont été créées"
    qui = "vous pouvez" if role_permet(request.membre.role, Operation.OUVRIR) else "un gestionnaire peut"
    etat = f"Elles sont validées : {qui} les ouvrir à l'inscription."
    if len(sessions) == 1:
        etat = f"Elle est validée : {qui} l'ouvrir à l'inscription."
    if brouillons:
        etat = f"{pluriel(brouillons, 'est en brouillon,sont en brouillon')}, à compléter."
    if laissees := len(apercu.en_erreur):
        etat += f" {pluriel(laissees, 'identifiant pris : sa session,identifiants pris : leurs sessions')}"
        etat += " n'a pas été créée." if laissees == 1 else " n'ont pas été créées."
    gestes = f"serie:{cle} annuler:{contexte}"
    messages.success(request, f"{pluriel(len(sessions), faite)}. {etat}", extra_tags=gestes)
    return redirect(retour)


def _cle(request: Requete) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("cle", ""))
    except ValueError:
        return uuid.uuid4()
