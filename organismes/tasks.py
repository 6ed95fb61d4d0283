"""Periodic tasks: sending of pending e-mails, and deletion of expired sign-in data."""

import datetime as dt

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task

from edof.horloge import aujourd_hui, maintenant
from organismes.courriels import envoyer_ce_qui_attend
from organismes.models import Bulletin, Connexion, Courriel

# How many days failures and sign-ins are kept, for the investigation of an attack (docs/deploiement.md).
JOURS_DES_CONNEXIONS = 90


@shared_task
def envoyer_les_courriels() -> None:
    """Send the pending e-mails. Two simultaneous runs share them; a run that finds none costs one query."""
    envoyer_ce_qui_attend()


@shared_task
def faire_le_menage() -> None:
    """Delete the expired sessions, and what is older than 90 days.

    That is: old sign-ins, failures, abandoned e-mails, and the rows of the digests sent.

    Idempotent.
    """
    Connexion.objects.filter(expire_date__lt=maintenant()).delete()
    avant = maintenant() - dt.timedelta(days=JOURS_DES_CONNEXIONS)
    for modele in (AccessAttempt, AccessFailureLog, AccessLog):
        modele.objects.filter(attempt_time__lt=avant).delete()
    Courriel.objects.abandonnes().filter(cree_le__lt=avant).delete()
    Bulletin.objects.filter(jour__lt=aujourd_hui() - dt.timedelta(days=JOURS_DES_CONNEXIONS)).delete()
