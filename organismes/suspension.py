"""Suspending an organisme: at once nothing of it is public any more (D-20, D-23); its catalogue stays as it
is.
"""

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction

from organismes.models import Organisme, Utilisateur


def suspendre(organisme_id: int, suspendu: bool, *, motif: str, par: Utilisateur) -> bool:
    """Suspend the organisme, or let it publish again; the history keeps who did it and why. False when it was
    so already.

    Only an administrator may: PermissionDenied. Raises Organisme.DoesNotExist when it is gone.
    """
    if not (par.is_active and par.is_superuser):
        raise PermissionDenied("Seul un administrateur suspend un organisme.")
    operation = "suspendre" if suspendu else "lever_la_suspension"
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine="admin", utilisateur=par.pk, motif=motif),
    ):
        organisme = Organisme.objects.select_for_update(no_key=True).get(pk=organisme_id)
        if organisme.suspendu == suspendu:
            return False
        organisme.suspendu = suspendu
        organisme.save(update_fields=["suspendu", "modifie_le"])
    return True
