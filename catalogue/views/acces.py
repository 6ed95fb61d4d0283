"""What every page about a record begins with: whose it is, whether this person may, where it stands in the catalogue."""

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.urls import reverse

from catalogue.arbre import NIVEAU_DE, NIVEAUX
from catalogue.models import Fiche
from organismes.droits import Operation, role_permet


def fiche_ou_404(request: HttpRequest, niveau: str, pk: int) -> Fiche:
    """The record of this level and key when it belongs to the organisme of the person; else 404."""
    modele = NIVEAUX.get(niveau)
    if modele is None:
        raise Http404
    parents = {
        "offre": ("organisme", "certification"),
        "action": ("organisme", "offre__certification", "lieu_de_formation"),
        "session": ("organisme", "action__offre", "action__lieu_de_formation"),
    }
    return get_object_or_404(modele.objects.pour_organisme(request.organisme).select_related(*parents[niveau]), pk=pk)


def exiger(request: HttpRequest, operation: Operation) -> None:
    """Raise PermissionDenied, with a sentence, when the role has not this right in this organisme."""
    if request.membre is None or not role_permet(request.membre.role, operation):
        raise PermissionDenied(f"Votre rôle ne permet pas l'opération « {operation.label} ».")


def page_du_catalogue(fiche: Fiche) -> str:
    """The catalogue with the branch of this record open, and the eye on it."""
    offre, action = {
        "offre": lambda f: (f.pk, None),
        "action": lambda f: (f.offre_id, f.pk),
        "session": lambda f: (f.action.offre_id, f.action_id),
    }[NIVEAU_DE[type(fiche)]](fiche)
    suite = f"&a={action}" if action else ""
    return f"{reverse('catalogue')}?o={offre}{suite}#{NIVEAU_DE[type(fiche)]}-{fiche.pk}"
