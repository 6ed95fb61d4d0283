"""Suspension of an organisme: its records are no longer public, at once (D-20, D-23).

Its catalogue is unchanged.
"""

import pghistory
from django.core.exceptions import PermissionDenied
from django.db import transaction

from organismes.models import Organisme, Utilisateur


def suspendre(organisme_id: int, suspendu: bool, *, motif: str, par: Utilisateur) -> bool:
    """Suspend the organisme, or lift its suspension; return False when there was nothing to change.

    The history keeps the author and the reason. Raise PermissionDenied when `par` is not an administrator,
    Organisme.DoesNotExist when the organisme no longer exists.
    """
    if not (par.is_active and par.has_perm("organismes.suspendre_organisme")):
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
