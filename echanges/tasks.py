"""Periodic tasks of the imports: reading, applying and undoing those that wait, erasing the old files."""

import logging

from celery import shared_task

from echanges.execution import avancer_un_import
from echanges.models import Import

journal = logging.getLogger(__name__)


@shared_task
def avancer_les_imports() -> None:
    """Carry on the imports that wait: also those that a killed worker left, from where they are.

    A run that finds none costs one query. An error in one import does not stop the others.
    """
    for cle in list(Import.objects.a_avancer().values_list("pk", flat=True)):
        try:
            avancer_un_import(cle)
        except Exception:
            journal.exception("Import %s : il sera repris", cle)


@shared_task
def oublier_les_imports() -> None:
    """Erase the files and the lines that have been kept for thirty days."""
    for importation in Import.objects.a_oublier():
        importation.oublier()
