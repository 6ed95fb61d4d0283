"""Periodic tasks of the catalogue: purges, backup of the database, registers of certifications."""

import datetime as dt

from celery import shared_task
from django.conf import settings
from django.db import connection

from catalogue.models import Presence, Suppression
from catalogue.registres import lire_s_il_est_temps
from edof.horloge import instant_de_la_base
from edof.sauvegarde import derniere, sauvegarder

# A backup a day; some minutes less, so that the round of the next day is not missed by a second.
ENTRE_DEUX_SAUVEGARDES = dt.timedelta(hours=23, minutes=30)


@shared_task
def purger_la_corbeille() -> None:
    """Delete what has been in the « Corbeille » for more than thirty days.

    The deletion is one SQL statement. Running the task twice gives the same result.
    """
    Suppression.objects.perimees().delete()


@shared_task
def oublier_les_presences() -> None:
    """Delete the presences that are too old to be shown (edof/conservation.py)."""
    Presence.objects.perimees().delete()


@shared_task
def lire_les_registres() -> None:
    """Read the registers of certifications from CERTIFICATIONS_URL, once a day (catalogue/registres.py)."""
    lire_s_il_est_temps()


@shared_task
def sauvegarder_la_base() -> None:
    """Write the backup of the day in SAUVEGARDES, if that folder is set and none is recent.

    Two workers never write it together: an advisory lock is held meanwhile.
    """
    if settings.SAUVEGARDES is None:
        return
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_lock(hashtextextended('sauvegarde', 0))")
        if not curseur.fetchone()[0]:
            return
        try:
            faite = derniere(settings.SAUVEGARDES)
            if faite is None or instant_de_la_base() - faite > ENTRE_DEUX_SAUVEGARDES:
                sauvegarder(settings.SAUVEGARDES, settings.SAUVEGARDES_GARDEES)
        finally:
            curseur.execute("SELECT pg_advisory_unlock(hashtextextended('sauvegarde', 0))")
