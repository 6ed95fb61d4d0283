"""The clock: the only module of the project that reads the current time.

Where it differs from the clock of the database, which all the machines share, that one is right.
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
# The clock of the machine may be hours off, or jump: what it says is believed as long as it agrees with the
# clock of the database, give or take this: more than a network takes, less than what a rule sees.
ECART_ADMIS, DESACCORD = dt.timedelta(seconds=2), dt.timedelta(hours=1)
# What measures a duration whatever becomes of the clock of the machine, its sleep included.
_CHRONOMETRE = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
# When this process began, by the clock of the machine and by the stopwatch.
_depart = dt.datetime.now(dt.UTC), time.clock_gettime(_CHRONOMETRE)
# The last instant read from the database, and when, by that stopwatch.
_releve: tuple[dt.datetime, float] | None = None
# How many days the clock of the request is ahead: that of a sandbox (organismes/bac_a_sable.py).
_jours_d_avance: ContextVar[int] = ContextVar("jours_d_avance", default=0)


@contextmanager
def a_l_instant(instant: dt.datetime) -> Iterator[None]:
    """Make `maintenant()` return `instant` (aware) inside the block.

    An operation on many records has one instant for all; the demo and the tests live through past days.
    """
    jeton, avance = _instant_impose.set(instant.astimezone(PARIS)), _jours_d_avance.set(0)
    try:
        yield
    finally:
        _jours_d_avance.reset(avance)
        _instant_impose.reset(jeton)


@contextmanager
def en_avance_de(jours: int) -> Iterator[None]:
    """Put the clock so many days ahead inside the block; `avancer_de` changes how many."""
    jeton = _jours_d_avance.set(jours)
    try:
        yield
    finally:
        _jours_d_avance.reset(jeton)


def avancer_de(jours: int) -> None:
    """Put the clock so many days ahead, until the end of the block `en_avance_de`."""
    _jours_d_avance.set(jours)


def instant_impose() -> dt.datetime | None:
    """Return the instant of the block `a_l_instant`, None outside of any."""
    return _instant_impose.get()


def maintenant() -> dt.datetime:
    """Return the current instant, aware, in Paris time: that of the sandbox in which one works, if any."""
    return maintenant_pour_tous() + dt.timedelta(days=_jours_d_avance.get())


def maintenant_pour_tous() -> dt.datetime:
    """Return the current instant, aware, in Paris time, whatever the sandbox in which one works.

    What is about people and their connections, and not about a catalogue, is counted with it.
    """
    if (impose := _instant_impose.get()) is not None:
        return impose
    reel = _selon_la_base(timezone.now()).astimezone(PARIS)
    if settings.EDOF_AUJOURDHUI is None:
        return reel
    return dt.datetime.combine(settings.EDOF_AUJOURDHUI, reel.time(), tzinfo=PARIS)


def jour_pour_tous() -> dt.date:
    """Return the current day in Paris, whatever the sandbox in which one works."""
    return maintenant_pour_tous().date()


def chronometre() -> float:
    """Return the seconds of a stopwatch, which no change of the clock moves."""
    return time.clock_gettime(_CHRONOMETRE)


def noter_l_instant_de_la_base(instant: dt.datetime, demande_a: float) -> None:
    """Keep for the process what the database says the time is, asked when the stopwatch said `demande_a`.

    The answer may come much later, with that of a statement that waits for a lock.
    """
    global _releve
    _releve = instant, demande_a


def age_du_releve() -> float:
    """Return for how many seconds the database has not said the time to this process; infinity for never."""
    releve = _releve
    return float("inf") if releve is None else chronometre() - releve[1]


def ecart_des_horloges() -> dt.timedelta:
    """Return by how much the clock of this machine is ahead of that of the database, as last read."""
    dit = _instant_de_la_base_selon_le_chronometre()
    return dt.timedelta() if dit is None else timezone.now() - dit


def au_chronometre() -> dt.datetime:
    """Return the instant that it was when the process began, plus what the stopwatch has counted since.

    Use it to count intervals, never to get a date.
    """
    return _depart[0] + dt.timedelta(seconds=chronometre() - _depart[1])


def horloges_en_desaccord() -> bool:
    """Return whether the clocks of this machine and of the database, read now, are an hour apart or more.

    One of the two is wrong, and nobody can tell which from here.
    """
    if settings.HORLOGE_DE_LA_MACHINE:
        return False
    instant_de_la_base()
    return abs(ecart_des_horloges()) >= DESACCORD


def _selon_la_base(reel: dt.datetime) -> dt.datetime:
    """Return what the clock of this machine says, or what that of the database does when they disagree.

    All the machines write in the same rows, which the night reads by the midnight of the database (D-22).
    """
    dit = None if settings.HORLOGE_DE_LA_MACHINE else _instant_de_la_base_selon_le_chronometre()
    return reel if dit is None or abs(reel - dit) <= ECART_ADMIS else dit


def _instant_de_la_base_selon_le_chronometre() -> dt.datetime | None:
    # Read once: another thread may read the database meanwhile.
    releve = _releve
    return None if releve is None else releve[0] + dt.timedelta(seconds=chronometre() - releve[1])


def instant_de_la_base() -> dt.datetime:
    """Return the current instant by the database's clock, aware, in Paris time.

    What is due must not depend on the clock of the machine that runs the query (D-22).
    """
    if _instant_impose.get() is not None or settings.EDOF_AUJOURDHUI is not None:
        return maintenant()
    with connection.cursor() as curseur:
        demande_a = chronometre()
        curseur.execute("SELECT clock_timestamp()")
        (instant,) = curseur.fetchone()
    noter_l_instant_de_la_base(instant, demande_a)
    return instant.astimezone(PARIS) + dt.timedelta(days=_jours_d_avance.get())


def aujourd_hui() -> dt.date:
    """Return the current day in Paris."""
    return maintenant().date()


def demain() -> dt.date:
    """Return J+1: the day after the current day in Paris."""
    return aujourd_hui() + dt.timedelta(days=1)


def secondes() -> int:
    """Return the seconds since the epoch, now.

    Use it to measure durations, never to get a date.
    """
    return int(_selon_la_base(timezone.now()).timestamp())


def jour_de(instant: dt.datetime) -> dt.date:
    """Return the Paris day that contains `instant`."""
    return instant.astimezone(PARIS).date()


def minuit(jour: dt.date) -> dt.datetime:
    """Return the first instant of `jour` in Paris, also on the nights when the clocks change."""
    return dt.datetime.combine(jour, dt.time(), tzinfo=PARIS)
