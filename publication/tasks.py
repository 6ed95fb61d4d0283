"""The task of beat: publish the days that are due."""

from celery import shared_task

from publication.passages import jours_dus, publier


@shared_task
def publier_les_jours_dus() -> None:
    """Publish, in order, every day that is due and missing; what is due is asked of the database (D-22)."""
    for jour in jours_dus():
        publier(jour, par="publication automatique")
