"""The read replica (DATABASE_URL_LECTURE): which requests read it, and when they may.

Only the views of the public side do, those that `sur_la_replique` marks. Before each of them, the primary is
asked how far it has written, and the replica is awaited up to there: what was withdrawn when the request came
is withdrawn in what it reads (docs/decisions/0011-replique-de-lecture.md). A replica that is too late, or
away, is not read. A primary that is away withdraws nothing: the replica is read as it is.
"""

import logging
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.conf import settings
from django.db import DEFAULT_DB_ALIAS, Error, connections
from django.db.models import Model

P = ParamSpec("P")
R = TypeVar("R")

journal = logging.getLogger(__name__)

LECTURE = "lecture"
# How long a request waits for the replica before it reads the primary, and between two looks, in seconds.
ATTENTE, PAUSE = 0.2, 0.004
# A primary that did not answer is asked again after this many seconds. While one request tries, which may
# take as long as a connection does, the others do not.
REPRISE, ESSAI = 1.0, 6.0

_base: ContextVar[str | None] = ContextVar("base_des_lectures", default=None)


class Routeur:
    """Django's database router: reads go where the current view reads, writes always to the primary."""

    def db_for_read(self, model: type[Model], **hints: Any) -> str | None:
        """Return the replica in a view that reads it, else nothing."""
        return _base.get()

    def db_for_write(self, model: type[Model], **hints: Any) -> str:
        """Return the primary."""
        return DEFAULT_DB_ALIAS

    def allow_relation(self, obj1: Model, obj2: Model, **hints: Any) -> bool:
        """Return True: both hold the same rows."""
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool | None:
        """Return False for the replica, whose tables come from the primary."""
        return False if db == LECTURE else None


class _Panne:
    """Whether the primary did not answer, and until when it is not asked again. One for each process."""

    connue = False
    jusqu_a = 0.0


def connexion_de_lecture() -> Any:
    """Return the connection that the queries of the current view read, for SQL that no queryset makes."""
    return connections[_base.get() or DEFAULT_DB_ALIAS]


def sur_la_replique(vue: Callable[P, R]) -> Callable[P, R]:
    """Make the queries of a view read the replica when there is one, up to date with the primary."""

    @wraps(vue)
    def lue(*args: P.args, **kwargs: P.kwargs) -> R:
        if LECTURE not in settings.DATABASES:
            return vue(*args, **kwargs)
        marque = _base.set(LECTURE if _est_a_jour() else None)
        try:
            return vue(*args, **kwargs)
        finally:
            _base.reset(marque)

    # A test looks for the public views that are without.
    lue.lit_la_replique = True  # type: ignore[attr-defined]
    return lue


def _est_a_jour() -> bool:
    """Return whether the replica may be read for this request."""
    ecrit = _ecrit_par_le_primaire()
    return ecrit is None or _rejoue(ecrit)


def _ecrit_par_le_primaire() -> str | None:
    """Return how far the primary has written for good, or None when it does not answer."""
    if _Panne.connue:
        if time.monotonic() < _Panne.jusqu_a:
            return None
        _Panne.jusqu_a = time.monotonic() + ESSAI
    connexion = connections[DEFAULT_DB_ALIAS]
    try:
        try:
            ecrit = _lire(connexion, "SELECT pg_current_wal_flush_lsn()")
        except Error:
            # The connection of a server that has restarted since: another one tells whether it is there.
            connexion.close()
            ecrit = _lire(connexion, "SELECT pg_current_wal_flush_lsn()")
    except Error as erreur:
        if not _Panne.connue:
            journal.error("La base principale ne répond pas : la réplique sert le public. %s", erreur)
        _Panne.connue, _Panne.jusqu_a = True, time.monotonic() + REPRISE
        connexion.close()
        return None
    if _Panne.connue:
        journal.warning("La base principale répond de nouveau.")
    _Panne.connue = False
    return str(ecrit)


def _rejoue(ecrit: str) -> bool:
    """Return whether the replica has replayed up to there, within ATTENTE."""
    connexion, fin = connections[LECTURE], time.monotonic() + ATTENTE
    try:
        while not (rejoue := _lire(connexion, "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn", ecrit)):
            # Nothing is replayed by a server that is no replica, or no longer.
            if rejoue is None or time.monotonic() > fin:
                return False
            time.sleep(PAUSE)
    except Error as erreur:
        journal.error("La réplique ne répond pas : la base principale sert le public. %s", erreur)
        connexion.close()
        return False
    return True


def _lire(connexion: Any, sql: str, *valeurs: str) -> Any:
    with connexion.cursor() as curseur:
        curseur.execute(sql, valeurs)
        return curseur.fetchone()[0]
