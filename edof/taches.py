"""What every task does before it begins: one that deletes for good waits while two clocks disagree."""

import logging
from typing import Any

from celery import Task

from edof.conservation import DUREES
from edof.horloge import horloges_en_desaccord

journal = logging.getLogger(__name__)

# A clock that is ahead would have them delete what is kept for a time.
PURGES = {duree.tache for duree in DUREES}


class Tache(Task):
    """A task of this program."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Execute the task, unless it deletes for good and nobody knows what time it is."""
        if self.name in PURGES and horloges_en_desaccord():
            journal.warning("%s attend : l'horloge de cette machine n'est pas celle de la base.", self.name)
            return None
        return super().__call__(*args, **kwargs)
