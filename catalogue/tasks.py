"""The tasks of beat: forget what can no longer be restored, and who is no longer there."""

from celery import shared_task

from catalogue.models import Presence, Suppression


@shared_task
def purger_la_corbeille() -> None:
    """Empty the « Corbeille » of what has been in it for more than thirty days, in one statement; run twice,
    it is the same.
    """
    Suppression.objects.perimees().delete()


@shared_task
def oublier_les_presences() -> None:
    """Forget who had a form open more than some minutes ago."""
    Presence.objects.perimees().delete()
