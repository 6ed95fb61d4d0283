"""Publishing from a screen: what is missing, in order, as far as an answer may take; the rest is for the next
sweep.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from publication.ecarts import a_regarder
from publication.models import Passage
from publication.passages import PAR_ENSEMBLE, VERROU, PublicationImpossible, jours_dus, publier

# Some seconds of work: a request that lasts longer is cut by what stands in front of the program.
SESSIONS_AU_PLUS = 3 * PAR_ENSEMBLE


@dataclass
class Rattrapage:
    """What was published, and the days left to the sweep."""

    faits: list[Passage] = field(default_factory=list)
    restent: list[dt.date] = field(default_factory=list)


def jours_manquants() -> list[dt.date]:
    """The days not published yet, today among them from its first minute on."""
    return jours_dus(dt.time.min)


def sessions_a_regarder(jour: dt.date) -> int:
    """How many sessions the run of `jour` has still to look at, if it is the next one."""
    precedent = Passage.objects.finis().filter(jour__lt=jour).first()
    commence = Passage.objects.filter(jour=jour).first()
    sql, valeurs = a_regarder(jour, precedent, apres=commence.derniere if commence else 0)
    with connection.cursor() as curseur:
        curseur.execute(f"SELECT count(*) FROM ({sql}) AS a_regarder", valeurs)
        return curseur.fetchone()[0]


def rattraper(par: str) -> Rattrapage:
    """Publish the days that are missing, in order, while they are few enough for an answer.

    Raises PublicationImpossible at once when another run lasts.
    """
    rattrapage = Rattrapage(restent=jours_manquants())
    budget = SESSIONS_AU_PLUS
    with _sans_attendre():
        while rattrapage.restent and (nombre := sessions_a_regarder(rattrapage.restent[0])) <= budget:
            rattrapage.faits += publier(rattrapage.restent.pop(0), par=par, voulu=True)
            budget -= nombre
    return rattrapage


@contextmanager
def _sans_attendre() -> Iterator[None]:
    """Inside, this run is alone; the lock is the one that `publier` takes again."""
    with connection.cursor() as curseur:
        curseur.execute("SELECT pg_try_advisory_lock(%s)", [VERROU])
        if not curseur.fetchone()[0]:
            raise PublicationImpossible("Une autre publication est en cours : attendez qu'elle se termine.")
        try:
            yield
        finally:
            curseur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])


def en_cours() -> bool:
    """Whether a run lasts at this instant, on whatever machine."""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32 | objid::bigint) = %s",
            [VERROU],
        )
        return curseur.fetchone()[0]
