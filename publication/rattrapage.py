"""Publication from a web page of the missing days, in order, as far as one request allows.

The next periodic task publishes the rest.
"""

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import connection

from edof.connexion_tenue import connexion_tenue
from publication.ecarts import a_regarder
from publication.ensembles import PAR_ENSEMBLE
from publication.jours import PublicationImpossible, jours_dus
from publication.models import Passage
from publication.passages import VERROU, publier

# A few seconds of work: a longer request is cut by the servers in front of the application.
SESSIONS_AU_PLUS = 3 * PAR_ENSEMBLE


@dataclass
class Rattrapage:
    """The runs that were executed, and the days left to the periodic task."""

    faits: list[Passage] = field(default_factory=list)
    restent: list[dt.date] = field(default_factory=list)


def jours_manquants() -> list[dt.date]:
    """Return the days not published yet, including today from its first minute."""
    return jours_dus(dt.time.min)


def sessions_a_regarder(jour: dt.date) -> int:
    """Return how many sessions the run of `jour` still has to examine, if it is the next run."""
    precedent = Passage.objects.finis().filter(jour__lt=jour).first()
    commence = Passage.objects.filter(jour=jour).first()
    sql, valeurs = a_regarder(jour, precedent, apres=commence.derniere if commence else 0)
    with connection.cursor() as curseur:
        curseur.execute(f"SELECT count(*) FROM ({sql}) AS a_regarder", valeurs)
        return curseur.fetchone()[0]


def rattraper(par: str) -> Rattrapage:
    """Publish the missing days, in order, as long as they are few enough for one request.

    The limit is SESSIONS_AU_PLUS sessions. Raises PublicationImpossible at once while another run is in
    progress.
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
    """Hold the advisory lock of the runs during the block, without waiting for it.

    `publier` takes the same lock again. Raises PublicationImpossible while another run is in progress.
    """
    with connexion_tenue() as en_une_transaction, connection.cursor() as curseur:
        curseur.execute(f"SELECT pg_try_advisory_{'xact_' if en_une_transaction else ''}lock(%s)", [VERROU])
        if not curseur.fetchone()[0]:
            raise PublicationImpossible("Une autre publication est en cours : attendez qu'elle se termine.")
        try:
            yield
        finally:
            if not en_une_transaction:
                curseur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])


def en_cours() -> bool:
    """Return whether a run is in progress at this instant, on any machine."""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT count(*) > 0 FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1"
            " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
            " AND (classid::bigint << 32 | objid::bigint) = %s",
            [VERROU],
        )
        return curseur.fetchone()[0]
