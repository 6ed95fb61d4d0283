"""The task of beat: forget what served to sign in, once it serves no more."""

import datetime as dt

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from celery import shared_task
from django.contrib.sessions.models import Session

from edof.horloge import maintenant

# How long failures and sign-ins are kept for who looks into an attack (docs/deploiement.md).
JOURS_DES_CONNEXIONS = 90


@shared_task
def faire_le_menage() -> None:
    """Delete the sessions that have expired, and the sign-ins and failures of more than 90 days; run twice,
    it is the same.
    """
    Session.objects.filter(expire_date__lt=maintenant()).delete()
    avant = maintenant() - dt.timedelta(days=JOURS_DES_CONNEXIONS)
    for modele in (AccessAttempt, AccessFailureLog, AccessLog):
        modele.objects.filter(attempt_time__lt=avant).delete()
