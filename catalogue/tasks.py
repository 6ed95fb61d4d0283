"""Periodic tasks of the catalogue: purge of the « Corbeille » and of outdated presences."""

from celery import shared_task

from catalogue.models import Presence, Suppression


@shared_task
def purger_la_corbeille() -> None:
    """Delete what has been in the « Corbeille » for more than thirty days.

    The deletion is one SQL statement. Running the task twice gives the same result.
    """
    Suppression.objects.perimees().delete()


@shared_task
def oublier_les_presences() -> None:
    """Delete the presences that are more than `MINUTES` minutes old (catalogue/models/presence.py)."""
    Presence.objects.perimees().delete()
