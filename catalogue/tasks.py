"""The task of beat: forget what can no longer be restored."""

from celery import shared_task

from catalogue.models import Suppression


@shared_task
def purger_la_corbeille() -> None:
    """Empty the « Corbeille » of what has been in it for more than thirty days, in one statement; run twice, it is the same."""
    Suppression.objects.perimees().delete()
