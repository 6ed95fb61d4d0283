"""The periodic tasks: publishing the days that are due, counting what they changed, telling people."""

import logging

from celery import shared_task

from publication.decomptes import entretenir
from publication.distribution import distribuer
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


@shared_task
def recompter_ce_qui_a_change() -> None:
    """Count again, before anybody asks, the numbers that no longer hold (publication/decomptes.py).

    Whoever reads first would do it: this only saves them from waiting.
    """
    entretenir()


@shared_task
def envoyer_les_bulletins() -> None:
    """Put in the queue the digests that are due and not done yet (publication/distribution.py)."""
    distribuer()
