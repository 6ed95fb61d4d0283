"""Periodic tasks of the API: the lots of programs, and what is kept only for a time."""

import logging

from celery import shared_task

from api import debit
from api.idempotence import oublier
from api.lots.taches import executer_un_lot
from lots.models import Lot

journal = logging.getLogger(__name__)


@shared_task
def executer_les_lots_des_programmes() -> None:
    """Carry out the lots that programs sent: also those that a killed worker left, from where they are.

    A run that finds none costs one query. An error in one lot does not stop the others.
    """
    for cle in list(Lot.objects.des_programmes().a_avancer().values_list("pk", flat=True)):
        try:
            executer_un_lot(cle)
        except Exception:
            journal.exception("Lot %s : il sera repris", cle)


@shared_task
def oublier_les_reponses() -> None:
    """Delete the answers kept for more than a day, and the rates that hold nothing. Idempotent."""
    oublier()
    debit.oublier()
