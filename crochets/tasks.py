"""Periodic tasks of the webhooks: delivering what is due, forgetting what is old."""

from celery import shared_task

from crochets.models import oublier
from crochets.ronde import livrer


@shared_task
def livrer_les_evenements() -> None:
    """Deliver what is due. A run that finds nothing costs one query; of two at once, one does it."""
    livrer()


@shared_task
def oublier_les_evenements() -> None:
    """Delete the events, and their deliveries, that have been kept for ninety days."""
    oublier()
