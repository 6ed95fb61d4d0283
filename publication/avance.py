"""A ledger ahead of the calendar: a clock jumped forward, a run published a day to come, and nothing is due
until then.

Going back drops the days that have not come, and gives the public what it read before them. Nothing of the
days that have come is touched: what was public on each of them stays known (D-21).
"""

import datetime as dt
import logging
from dataclasses import dataclass

from django.db import transaction

from edof.horloge import instant_de_la_base
from publication.models import IntervalleQuerySet, Parution, Passage, Retenue
from publication.passages import seul

journal = logging.getLogger(__name__)


@dataclass(frozen=True)
class Retour:
    """What going back did: the days dropped, the parutions dropped with them, those that are public again."""

    jours: list[dt.date]
    retirees: int
    rendues: int


def dernier_jour_en_avance() -> dt.date | None:
    """The last day in the ledger when it is later than today, by the clock of the database; else None."""
    dernier = Passage.objects.order_by("-jour").values_list("jour", flat=True).first()
    return dernier if dernier is not None and dernier > instant_de_la_base().date() else None


def revenir(*, par: str) -> Retour:
    """Undo the runs of the days later than today, in one transaction; the next sweep publishes what is then
    due.

    Raises PublicationImpossible while a run lasts.
    """
    with seul(), transaction.atomic():
        jour = instant_de_la_base().date()
        passages = Passage.objects.filter(jour__gt=jour)
        jours = list(passages.order_by("jour").values_list("jour", flat=True))
        retirees, rendues = _oublier(Parution.objects.all(), jour)
        _oublier(Retenue.objects.all(), jour)
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
    """What began after `jour` never was; what ended after it has not ended. How many of each."""
    return intervalles.filter(du__gt=jour).delete()[0], intervalles.filter(au__gt=jour).update(au=None)
