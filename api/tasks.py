"""Periodic task of the API: deletion of the answers whose day is over."""

from celery import shared_task

from api.idempotence import oublier


@shared_task
def oublier_les_reponses() -> None:
    """Delete the answers kept for more than a day. Idempotent."""
    oublier()
