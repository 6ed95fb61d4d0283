"""The clock: the only module of the project that reads the current time.

`EDOF_AUJOURDHUI=AAAA-MM-JJ` changes the current day; the time of day stays the real one.
"""

import datetime as dt
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import connection
from django.utils import timezone

PARIS = ZoneInfo("Europe/Paris")


_instant_impose: ContextVar[dt.datetime | None] = ContextVar("instant_impose", default=None)


@contextmanager
def a_l_instant(instant: dt.datetime) -> Iterator[None]:
    """Make `maintenant()` return `instant` (aware) inside the block.

    An operation on many records has one instant for all; the demo and the tests live through past days.
    """
    jeton = _instant_impose.set(instant.astimezone(PARIS))
    try:
        yield
    finally:
        _instant_impose.reset(jeton)


def instant_impose() -> dt.datetime | None:
    """Return the instant of the block `a_l_instant`, None outside of any."""
    return _instant_impose.get()


def maintenant() -> dt.datetime:
    """Return the current instant, aware, in Paris time."""
    if (impose := _instant_impose.get()) is not None:
        return impose
    reel = timezone.now().astimezone(PARIS)
    if settings.EDOF_AUJOURDHUI is None:
        return reel
    return dt.datetime.combine(settings.EDOF_AUJOURDHUI, reel.time(), tzinfo=PARIS)


def instant_de_la_base() -> dt.datetime:
    """Return the current instant by the database's clock, aware, in Paris time.

    What is due must not depend on the clock of the machine that runs the query (D-22).
    """
    if _instant_impose.get() is not None or settings.EDOF_AUJOURDHUI is not None:
        return maintenant()
    with connection.cursor() as curseur:
        curseur.execute("SELECT clock_timestamp()")
        return curseur.fetchone()[0].astimezone(PARIS)


def aujourd_hui() -> dt.date:
    """Return the current day in Paris."""
    return maintenant().date()


def demain() -> dt.date:
    """Return J+1: the day after the current day in Paris."""
    return aujourd_hui() + dt.timedelta(days=1)


def secondes() -> int:
    """Return the seconds since the epoch by the machine's own clock.

    Use it to measure durations, never to get a date.
    """
    return int(time.time())


def jour_de(instant: dt.datetime) -> dt.date:
    """Return the Paris day that contains `instant`."""
    return instant.astimezone(PARIS).date()


def minuit(jour: dt.date) -> dt.datetime:
    """Return the first instant of `jour` in Paris, also on the nights when the clocks change."""
    return dt.datetime.combine(jour, dt.time(), tzinfo=PARIS)
