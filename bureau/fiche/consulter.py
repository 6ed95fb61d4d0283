"""Views « Consulter » of an offre and of an action (S-99).

The record is shown read-only, with what it lacks and, beside it, what the public will see.
"""

from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_GET

from bureau.acces import fiche_ou_404, retour_au_catalogue
from bureau.catalogue.arbre import preparer
from bureau.fiche.sections import lire, manques
from bureau.menu import menu
from bureau.publication.visibilite import visibilite_de
from catalogue.forms import ActionForm, FicheForm, OffreForm
from catalogue.models import Action, Fiche, Offre
from organismes.droits import Operation, role_permet
from organismes.espace import Requete
from organismes.models import Organisme
from publication import frequentation
from publication.adresses import adresse_de
from publication.contenus import contenu_present
from publication.presentation import presenter


def contexte_de_lecture(
    request: Requete, fiche: Fiche, formulaire: type[FicheForm], **apercu: Any
) -> dict[str, Any]:
    """Return the template context that the three « Consulter » pages share.

    `apercu` contains the arguments of `presenter`, for the preview of the public page.
    """
    visibilite = visibilite_de(fiche, request.membre)
    fiche.est_visible = visibilite.est_visible
    sections = lire(fiche, formulaire)
    return {
        "fiche": fiche,
        "sections": sections,
        "vides": sum(len(section["vides"]) for section in sections),
        "manques": manques(fiche, request.membre),
        "operations": menu(fiche, request.membre),
        "retour": retour_au_catalogue(request, fiche),
        "historique": reverse("historique", args=[fiche._meta.model_name, fiche.pk]),
        "apercu": presenter(**apercu),
        "visibilite": visibilite,
        "en_ligne": _en_ligne(fiche),
        "publique": _publique(fiche, request.organisme) if visibilite.est_visible else None,
    }


def _en_ligne(fiche: Any) -> str | None:
    """Return the URL of what the public has read of this session or action.

    Return None for an offre, and for a record that was never published.
    """
    if not isinstance(fiche, Offre) and fiche.parutions.exists():
        return reverse(
            "en_ligne_formation", args=[fiche.pk if isinstance(fiche, Action) else fiche.action_id]
        )
    return None


def _publique(fiche: Any, organisme: Organisme) -> str | None:
    """Return the address of the public page of this action, or of the action of this session.

    Nothing of a sandbox has one.
    """
    if isinstance(fiche, Offre) or organisme.bac_a_sable:
        return None
    action = fiche if isinstance(fiche, Action) else fiche.action
    return adresse_de(organisme.siret, action.offre.identifiant, action.identifiant)


@require_GET
def offre_consulter(request: Requete, pk: int) -> HttpResponse:
    """Render « Consulter » for an offre."""
    offre = fiche_ou_404(request, "offre", pk)
    preparer(offre, request.membre)
    contexte = contexte_de_lecture(
        request, offre, OffreForm, offre=contenu_present(offre), action=None, sessions=None
    )
    return render(request, "bureau/fiche/consulter_offre.html", contexte)


@require_GET
def action_consulter(request: Requete, pk: int) -> HttpResponse:
    """Render « Consulter » for an action."""
    action = fiche_ou_404(request, "action", pk)
    preparer(action, request.membre)
    contexte = contexte_de_lecture(
        request,
        action,
        ActionForm,
        offre=contenu_present(action.offre),
        action=contenu_present(action),
        sessions=None,
    )
    contexte |= {
        "lectures": frequentation.lue(request.organisme, pk),
        "peut_partager": (
            role_permet(request.membre.role, Operation.MODIFIER) and not request.organisme.bac_a_sable
        ),
    }
    return render(request, "bureau/fiche/consulter_action.html", contexte)
