"""Views of « Mon organisme », and of what is proposed for the new sessions of an action."""

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from bureau.acces import page_precedente
from bureau.organisme.certificats import certificats, demande
from bureau.organisme.forms import HabitudeForm
from catalogue.models import Action
from edof.horloge import aujourd_hui
from organismes.droits import Operation, role_permet
from organismes.espace import Requete, exiger, fiche_de_l_espace
from publication import frequentation
from sessions_app import calendrier
from sessions_app.fermetures import Fermeture
from sessions_app.habitudes import Habitude, Habitudes

# The actions with habits of their own that the page lists.
ACTIONS_AU_PLUS = 50


@require_GET
def organisme(request: Requete) -> HttpResponse:
    """Render what the organisme is, its certificates, its closures, and what it proposes for new sessions."""
    if request.membre is None:
        return redirect("accueil")
    fermetures = list(Fermeture.objects.pour_organisme(request.organisme))
    jour = aujourd_hui()
    habitude = Habitudes(request.organisme).organisme
    code = calendrier.code_du_siege(request.organisme)
    zone = calendrier.zone_de(code)
    propres = Habitude.objects.filter(organisme=request.organisme, action__isnull=False)
    contexte = {
        "certificats": certificats(request.organisme),
        "demande": demande(request.organisme),
        "assistance": settings.ASSISTANCE,
        "a_venir": [lue for lue in fermetures if lue.au >= jour],
        "passees": [lue for lue in fermetures if lue.au < jour],
        "habitude": habitude,
        "territoire": habitude.get_territoire_display() or calendrier.territoire_de(code).label,
        "zone": habitude.get_zone_display() or (zone.label if zone else "aucune zone connue ici"),
        "code": code,
        "par_action": propres.select_related(
            "action__offre", "action__lieu_de_formation", "contact", "adresse"
        ).order_by("action__identifiant_normalise", "pk")[:ACTIONS_AU_PLUS],
        "lectures": frequentation.lue(request.organisme),
        "les_plus_ouvertes": frequentation.les_plus_ouvertes(request.organisme),
        "gere": role_permet(request.membre.role, Operation.GERER_L_ORGANISME),
        "saisit": role_permet(request.membre.role, Operation.MODIFIER),
    }
    return render(request, "bureau/organisme/organisme.html", contexte)


@require_http_methods(["GET", "POST"])
def modifier(request: Requete) -> HttpResponse:
    """Render and save what the organisme proposes for its new sessions: contact, address, zones."""
    exiger(request, Operation.GERER_L_ORGANISME)
    return _saisir(
        request,
        Habitudes(request.organisme).organisme,
        titre="Ce qui est proposé pour chaque nouvelle session",
        retour=reverse("organisme"),
    )


@require_http_methods(["GET", "POST"])
def habitudes_de_l_action(request: Requete, pk: int) -> HttpResponse:
    """Render and save the contact and the address proposed for the new sessions of this action."""
    action = fiche_de_l_espace(
        request, Action.objects.select_related("offre", "lieu_de_formation", "organisme"), pk=pk
    )
    exiger(request, Operation.MODIFIER)
    siennes = Habitude.objects.filter(organisme=request.organisme, action=action)
    habitude = siennes.first() or Habitude(organisme=request.organisme, action=action)
    return _saisir(
        request,
        habitude,
        titre="Contact et adresse des nouvelles sessions",
        retour=page_precedente(request) or reverse("action_consulter", args=[pk]),
        action=action,
    )


def _saisir(
    request: Requete, habitude: Habitude, *, titre: str, retour: str, action: Action | None = None
) -> HttpResponse:
    form = HabitudeForm(request.POST if request.method == "POST" else None, instance=habitude)
    if form.is_valid() and form.enregistrer(request.user):
        pour = f"pour l'action « {action.identifiant} »" if action else "pour chaque nouvelle session"
        messages.success(
            request, f"C'est enregistré : ce sera proposé {pour}. Les sessions qui existent ne changent pas."
        )
        return redirect(retour)
    contexte = {"form": form, "titre": titre, "retour": retour, "action": action}
    return render(request, "bureau/organisme/habitude.html", contexte, status=422 if form.is_bound else 200)
