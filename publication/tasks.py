"""The periodic tasks: what was ordered for a day, the days that are due, their files, telling people."""

import logging

from celery import shared_task

from publication import bac_a_sable, fil
from publication.distribution import distribuer
from publication.donnees.ecriture import ecrire_ce_qui_est_du
from publication.frequentation import oublier
from publication.jours import PublicationImpossible, jours_dus, retard_a_confirmer
from publication.models import Partage
from publication.mouvements import rassembler
from publication.passages import publier
from publication.recompte import entretenir
from sessions_app.programmations_dues import executer_les_programmations

journal = logging.getLogger(__name__)


@shared_task
def publier_les_jours_dus() -> None:
    """Carry out what was ordered for today (D-46), then publish, in order, every day that is due and missing.

    The database gives the time and the days already published (D-22). While a person must confirm the date,
    the clock may be wrong: nothing is carried out.
    """
    if not retard_a_confirmer():
        executer_les_programmations()
    for jour in jours_dus():
        try:
            publier(jour, par="publication automatique")
        except PublicationImpossible as erreur:
            # For example, another run is in progress: the next periodic task publishes what it leaves.
            journal.warning("Publication du %s : %s", jour, erreur)
            return


@shared_task
def publier_les_bacs_a_sable() -> None:
    """Publish the days that have come by themselves in the sandboxes, each by its own clock."""
    bac_a_sable.vivre()


@shared_task
def entretenir_les_bacs_a_sable() -> None:
    """Delete the sandboxes that nobody uses any more, and those of erased accounts. Idempotent."""
    bac_a_sable.purger()


@shared_task
def recompter_ce_qui_a_change() -> None:
    """Count again, before anybody asks, the numbers that no longer hold (publication/decomptes.py).

    Whoever reads first would do it: this only saves them from waiting.
    """
    entretenir()


@shared_task
def ecrire_les_donnees_ouvertes() -> None:
    """Write the open data of each day published since the last one written (publication/donnees/)."""
    ecrire_ce_qui_est_du()


@shared_task
def envoyer_les_bulletins() -> None:
    """Put in the queue the digests that are due and not done yet (publication/distribution.py)."""
    distribuer()


@shared_task
def entretenir_la_vitrine() -> None:
    """Keep small what the public side reads at each request, and forget old numbers and previews."""
    rassembler()
    oublier()
    Partage.objects.perimes().delete()


@shared_task
def oublier_les_changements() -> None:
    """Forget the changes that are older than 90 days (publication/fil.py). Idempotent."""
    fil.oublier()
