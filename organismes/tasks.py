"""The tasks of beat: e-mails that wait, and what served to sign in once it serves no more."""

import datetime as dt

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.contrib.sessions.models import Session

from edof.horloge import maintenant
from organismes.courriels import envoyer_ce_qui_attend
from organismes.models import Courriel

# How long failures and sign-ins are kept for who looks into an attack (docs/deploiement.md).
JOURS_DES_CONNEXIONS = 90


@shared_task
def envoyer_les_courriels() -> None:
    """Send what waits; two at once share it, and one that finds nothing costs a query."""
    envoyer_ce_qui_attend()


@shared_task
def faire_le_menage() -> None:
    """Delete the sessions that have expired, and the sign-ins, failures and e-mails given up of more than
    90 days; run twice, it is the same.
    """
    Session.objects.filter(expire_date__lt=maintenant()).delete()
    avant = maintenant() - dt.timedelta(days=JOURS_DES_CONNEXIONS)
    for modele in (AccessAttempt, AccessFailureLog, AccessLog):
        modele.objects.filter(attempt_time__lt=avant).delete()
    Courriel.objects.abandonnes().filter(cree_le__lt=avant).delete()
