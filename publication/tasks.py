"""The task of beat: publish the days that are due."""

import logging

from celery import shared_task

from publication.passages import PublicationImpossible, jours_dus, publier

journal = logging.getLogger(__name__)


@shared_task
def publier_les_jours_dus() -> None:
    """Publish, in order, every day that is due and missing; what is due is asked of the database (D-22)."""
    for jour in jours_dus():
        try:
            publier(jour, par="publication automatique")
        except PublicationImpossible as erreur:
            # Another one is at it: what it leaves is for the next round.
            journal.warning("Publication du %s : %s", jour, erreur)
            return
