"""The page « Créer une série »."""

import uuid

from django.contrib import messages
from django.db import IntegrityError
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from bureau.acces import retour_au_catalogue
from bureau.series.apercu import Apercu, apercevoir
from bureau.series.forms import SerieForm
from catalogue.cycle_de_vie import OperationRefusee, Statut, creer_ensemble, refus_de
from catalogue.forms.fiche import pris_entre_temps
from catalogue.models import Action
from catalogue.nomenclatures import EntreesSorties
from catalogue.operations import SERIE
from edof.templatetags.affichage import pluriel
from organismes.droits import Operation
from organismes.espace import Requete, exiger, fiche_de_l_espace
from sessions_app.forms import SessionForm
from sessions_app.models import Session

# What is copied from the session chosen in « repris de ».
REPRIS = ("contact_inscription", "adresse_inscription", "garantie", "modalites_particulieres")


@require_http_methods(["GET", "POST"])
def creer_une_serie(request: Requete, pk: int) -> HttpResponse:
    """Render the form and what it would create; POST with `operation=creer` creates the sessions.

    Nothing is written before. The sessions are created in one transaction, or none is (422).
    """
    action = fiche_de_l_espace(
        request, Action.objects.select_related("offre", "lieu_de_formation", "organisme"), pk=pk
    )
    exiger(request, Operation.MODIFIER)
    if obstacle := _obstacle(action):
        messages.error(request, obstacle)
        return redirect(retour_au_catalogue(request, action))
    deja = Session.objects.pour_organisme(request.organisme).filter(serie=_cle(request))
    if request.POST.get("operation") == "creer" and deja.exists():
        messages.info(request, "Cette série est déjà créée.")
        return redirect(retour_au_catalogue(request, action))
    saisie = request.POST if request.method == "POST" else _initiale(SerieForm(action=action))
    form = SerieForm(saisie, action=action)
    apercu = apercevoir(form, action, saisie) if form.is_valid() else None
    statut = 200
    if request.POST.get("operation") == "creer":
        if apercu and apercu.a_creer and not apercu.en_erreur:
            try:
                return _creer(request, action, form, apercu)
            except OperationRefusee as refusee:
                messages.error(request, str(refusee))
            except IntegrityError as erreur:
                if deja.exists():
                    messages.info(request, "Cette série est déjà créée.")
                    return redirect(retour_au_catalogue(request, action))
                if not pris_entre_temps(erreur, Session(action=action), SessionForm):
                    raise
                messages.error(
                    request,
                    "Rien n'a été créé : un identifiant vient d'être pris, ou le contact ou l'adresse"
                    " d'être supprimé. Vérifiez l'aperçu, puis recommencez.",
                )
                apercu = apercevoir(form, action, saisie)
        statut = 422
    contexte = {
        "action": action,
        "form": form,
        "apercu": apercu,
        "retour": retour_au_catalogue(request, action),
        "cle": request.POST.get("cle") or uuid.uuid4().hex,
    }
    return render(request, "bureau/series/creer.html", contexte, status=statut)


def _obstacle(action: Action) -> str:
    """Return why no series can be created under this action; "" when one can."""
    if refus := refus_de(Session(action=action, organisme=action.organisme), Operation.MODIFIER):
        return str(refus[0].phrase)
    if action.modalites_entrees_sorties == EntreesSorties.PERMANENTES:
        return (
            "Cette action est à entrées et sorties permanentes : ses sessions n'ont pas de dates, une seule"
            " suffit."
        )
    return ""


def _initiale(form: SerieForm) -> QueryDict:
    """Return what the empty form would send, so that the page opens on an example of what it does."""
    saisie = QueryDict(mutable=True)
    for champ in form:
        valeur = champ.value()
        if isinstance(valeur, list):
            saisie.setlist(champ.name, valeur)
        elif valeur not in (None, "", False):
            saisie[champ.name] = valeur.strftime("%d/%m/%Y") if hasattr(valeur, "strftime") else str(valeur)
    return saisie


def _creer(request: Requete, action: Action, form: SerieForm, apercu: Apercu) -> HttpResponse:
    """Create the sessions, once for each page that was opened, and go to the action."""
    cle = _cle(request)
    modele = form.cleaned_data["reprendre"]
    repris = {nom: getattr(modele, nom) for nom in REPRIS} if modele else {}
    sessions, valeurs = [], []
    for ligne in apercu.a_creer:
        sessions.append(
            Session(
                action=action,
                organisme=action.organisme,
                serie=cle,
                cle_de_creation=uuid.uuid5(cle, ligne.cle),
            )
        )
        dates = {"date_debut": ligne.occurrence.debut, "date_fin": ligne.occurrence.fin}
        valeurs.append({**repris, **dates, "identifiant": ligne.identifiant})
    contexte = creer_ensemble(sessions, valeurs, par=request.user, operation=SERIE)
    brouillons = sum(session.statut == Statut.BROUILLON for session in sessions)
    faite = "session a été créée,sessions ont été créées"
    etat = "Elles sont validées : vous pouvez les ouvrir à l'inscription."
    if brouillons:
        etat = f"{pluriel(brouillons, 'est en brouillon,sont en brouillon')}, à compléter."
    messages.success(request, f"{pluriel(len(sessions), faite)}. {etat}", extra_tags=f"annuler:{contexte}")
    return redirect(retour_au_catalogue(request, action))


def _cle(request: Requete) -> uuid.UUID:
    try:
        return uuid.UUID(request.POST.get("cle", ""))
    except ValueError:
        return uuid.uuid4()
