"""Return to the present of a publication register that is ahead of the calendar.

When the clock has jumped forward, a run has published a day to come, and no day is due until then. Going back
deletes the days that have not come from the register and restores what the public read before them. The days
that have come are not changed: what was public on each of them stays known (D-21).
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction

from edof.horloge import instant_de_la_base
from organismes.models import HORS_DES_BACS_A_SABLE
from publication.fil import noter_un_retour
from publication.models import IntervalleQuerySet, Parution, Passage, Retenue
from publication.passages import seul

journal = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retour:
    """The result of `revenir`.

    `jours` lists the days deleted from the register. `retirees` is the number of parutions deleted with them.
    `rendues` is the number of parutions that are public again.
    """

    jours: list[dt.date]
    retirees: int
    rendues: int


def dernier_jour_en_avance() -> dt.date | None:
    """Return the last day of the register when it is later than today, else None.

    Today is given by the clock of the database.
    """
    dernier = Passage.objects.order_by("-jour").values_list("jour", flat=True).first()
    return dernier if dernier is not None and dernier > instant_de_la_base().date() else None


def revenir(*, par: str) -> Retour:
    """Undo the runs of the days later than today, in one transaction.

    The next periodic task then publishes the days that are due. `par` is the author, written to the log.
    Raises PublicationImpossible while another run is in progress.
    """
    with seul(), transaction.atomic():
        jour = instant_de_la_base().date()
        passages = Passage.objects.filter(jour__gt=jour)
        jours = list(passages.order_by("jour").values_list("jour", flat=True))
        noter_un_retour(jour)
        retirees, rendues = _oublier(Parution.objects.filter(HORS_DES_BACS_A_SABLE), jour)
        _oublier(Retenue.objects.filter(HORS_DES_BACS_A_SABLE), jour)
        passages.delete()
    journal.warning(
        "Registre ramené au %s par %s : %s jours retirés, %s parutions rendues",
        jour,
        par,
        len(jours),
        rendues,
    )
    return Retour(jours, retirees, rendues)


def _oublier(intervalles: IntervalleQuerySet, jour: dt.date) -> tuple[int, int]:
    """Delete the intervals that began after `jour` and reopen those that ended after it.

    Return the number of intervals deleted and the number of intervals reopened.
    """
    return intervalles.filter(du__gt=jour).delete()[0], intervalles.filter(au__gt=jour).update(au=None)
