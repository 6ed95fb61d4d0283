"""Periodic tasks: sending of pending e-mails, and deletion of what has been kept long enough."""

from datetime import datetime

import pghistory
from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.contrib.admin.models import LogEntry

from edof.conservation import (
    BULLETINS,
    COURRIELS,
    ESSAIS,
    INVITATIONS,
    TRACES_DE_L_ADMINISTRATION,
    VISITES,
    Duree,
)
from edof.horloge import aujourd_hui, maintenant
from organismes.courriels import envoyer_ce_qui_attend
from organismes.models import Bulletin, Connexion, Courriel, Invitation, Visite


@shared_task
def envoyer_les_courriels() -> None:
    """Send the pending e-mails. Two simultaneous runs share them; a run that finds none costs one query."""
    envoyer_ce_qui_attend()


@shared_task
def faire_le_menage() -> None:
    """Delete the expired sessions, and what is older than the table of edof/conservation.py says.

    Idempotent.
    """
    Connexion.objects.filter(expire_date__lt=maintenant()).delete()
    for modele in (AccessAttempt, AccessFailureLog, AccessLog):
        modele.objects.filter(attempt_time__lt=_avant(ESSAIS)).delete()
    Courriel.objects.abandonnes().filter(cree_le__lt=_avant(COURRIELS)).delete()
    Bulletin.objects.filter(jour__lt=aujourd_hui() - BULLETINS.duree).delete()
    LogEntry.objects.filter(action_time__lt=_avant(TRACES_DE_L_ADMINISTRATION)).delete()
    with pghistory.context(operation="oublier"):
        Invitation.objects.filter(expire_le__lt=_avant(INVITATIONS)).delete()
        Visite.objects.filter(fin__lt=_avant(VISITES)).delete()


def _avant(garde: Duree) -> datetime:
    return maintenant() - garde.duree
