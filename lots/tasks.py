"""Periodic tasks of the lots: carrying out those that were asked for, and forgetting the old ones."""

import logging

from celery import shared_task

from lots.execution import executer_lot
from lots.models import Lot

journal = logging.getLogger(__name__)


@shared_task
def executer_les_lots() -> None:
    """Carry out the lots that were asked for: also those that a killed worker left, from where they are.

    A run that finds none costs one query. An error in one lot does not stop the others.
    """
    for cle in list(Lot.objects.des_ecrans().a_avancer().values_list("pk", flat=True)):
        try:
            executer_lot(cle)
        except Exception:
            journal.exception("Lot %s : il sera repris", cle)


@shared_task
def purger_les_lots() -> None:
    """Delete the lots whose report has been kept for ninety days."""
    Lot.objects.perimes().delete()
