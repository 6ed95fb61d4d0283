"""« Voir comme »: an administrator reads the space of an organisme as a lecteur does, and changes nothing.

A visit is a row that the history keeps, with its reason; it ends by itself. The session only says which.
"""

import datetime as dt
from typing import Any

import pghistory
from django.core.exceptions import PermissionDenied

from edof.horloge import secondes
from organismes.droits import Role
from organismes.models import Membre, Organisme, Utilisateur, Visite
from organismes.models.utilisateur import VISITEUR

DUREE = dt.timedelta(minutes=30)
# The key of the visit, in the session.
CLE = "visite"
PERMISSION = "organismes.visiter_organisme"


def peut_visiter(personne: Any) -> bool:
    """Return whether this person may read the space of any organisme."""
    return bool(personne.is_active and personne.is_staff and personne.has_perm(PERMISSION))


def commencer(request: Any, organisme: Organisme, motif: str) -> Visite:
    """Begin a visit of this session; raise PermissionDenied without the right."""
    if not peut_visiter(request.user):
        raise PermissionDenied("Votre compte ne permet pas de voir l'espace d'un organisme.")
    debut = _maintenant()
    with pghistory.context(operation="visiter", origine="admin", utilisateur=request.user.pk):
        visite = Visite.objects.create(
            organisme=organisme, utilisateur=request.user, motif=motif, debut=debut, fin=debut + DUREE
        )
    request.session[CLE] = visite.pk
    return visite


def en_cours(request: Any) -> Visite | None:
    """Return the visit of this session, unless it has ended or its author has lost the right."""
    cle = request.session.get(CLE)
    if cle is None or not request.user.is_authenticated:
        return None
    visites = Visite.objects.filter(pk=cle, utilisateur=request.user.pk, fin__gt=_maintenant())
    visite = visites.select_related("organisme").first()
    if visite is None or not peut_visiter(request.user):
        del request.session[CLE]
        return None
    return visite


def terminer(request: Any) -> Visite | None:
    """End the visit of this session; return it, or None without one."""
    visite = en_cours(request)
    if visite is not None:
        with pghistory.context(operation="quitter", origine="formulaire", utilisateur=request.user.pk):
            visite.fin = _maintenant()
            visite.save(update_fields=["fin"])
        del request.session[CLE]
    return visite


def membre_de(visite: Visite, personne: Utilisateur) -> Membre:
    """Return the lecteur, of no row, as whom this person reads the organisme."""
    return Membre(
        pk=VISITEUR,
        utilisateur=personne,
        organisme=visite.organisme,
        role=Role.LECTEUR,
        # Its button writes.
        bravo_vu=True,
    )


def _maintenant() -> dt.datetime:
    # A duration: the clock of the business rules, which can be moved, is not used.
    return dt.datetime.fromtimestamp(secondes(), dt.UTC)
