"""The periodic task that publishes the days that are due."""

import logging

from celery import shared_task

from publication.passages import PublicationImpossible, jours_dus, publier

journal = logging.getLogger(__name__)


@shared_task
def publier_les_jours_dus() -> None:
    """Publish, in order, every day that is due and missing.

    The database gives the time and the days already published (D-22).
    """
    for jour in jours_dus():
        try:
            publier(jour, par="publication automatique")
        except PublicationImpossible as erreur:
            # For example, another run is in progress: the next periodic task publishes what it leaves.
            journal.warning("Publication du %s : %s", jour, erreur)
            return
