"""The clock: the only place of the project that asks what time it is.

`EDOF_AUJOURDHUI=AAAA-MM-JJ` moves « today » (decisions, « Fixed points »): the hour of the day stays the real
one.
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
    """Inside the block, `maintenant()` is `instant` (aware): the demo and the tests live through past days
    with it.
    """
    jeton = _instant_impose.set(instant.astimezone(PARIS))
    try:
        yield
    finally:
        _instant_impose.reset(jeton)


def maintenant() -> dt.datetime:
    """The present instant, aware, in Paris time."""
    if (impose := _instant_impose.get()) is not None:
        return impose
    reel = timezone.now().astimezone(PARIS)
    if settings.EDOF_AUJOURDHUI is None:
        return reel
    return dt.datetime.combine(settings.EDOF_AUJOURDHUI, reel.time(), tzinfo=PARIS)


def instant_de_la_base() -> dt.datetime:
    """The same, by the clock of the database: what is due does not hang on the clock of the machine that asks
    (D-22).
    """
    if _instant_impose.get() is not None or settings.EDOF_AUJOURDHUI is not None:
        return maintenant()
    with connection.cursor() as curseur:
        curseur.execute("SELECT clock_timestamp()")
        return curseur.fetchone()[0].astimezone(PARIS)


def aujourd_hui() -> dt.date:
    """The calendar day in Paris."""
    return maintenant().date()


def demain() -> dt.date:
    """J+1: the calendar day after today in Paris."""
    return aujourd_hui() + dt.timedelta(days=1)


def secondes() -> int:
    """Seconds since the epoch by the machine's own clock: to measure durations, never to know a date."""
    return int(time.time())


def jour_de(instant: dt.datetime) -> dt.date:
    """The Paris calendar day that holds `instant`."""
    return instant.astimezone(PARIS).date()


def minuit(jour: dt.date) -> dt.datetime:
    """The first instant of `jour` in Paris, also on the nights when the clocks change."""
    return dt.datetime.combine(jour, dt.time(), tzinfo=PARIS)
