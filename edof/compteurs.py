"""The requests that a process has answered, by view, for /metriques/.

With METRIQUES_DOSSIER, the processes of the web server add up: each writes its numbers to files of that
folder, which any of them reads. A process that is replaced goes on in the files of the one before it, so that
neither the totals fall nor the files pile up. Without it, a process tells its own numbers.
"""

import fcntl
import os
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from prometheus_client import CollectorRegistry, Counter, Histogram, values
from prometheus_client.multiprocess import MultiProcessCollector

SEUILS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0)
METHODES = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
# The locks of the places, kept for as long as the process lives.
_tenues: list[int] = []


def _place() -> int:
    """Return the first place that no living process holds, and hold it."""
    dossier = Path(str(settings.METRIQUES_DOSSIER))
    for numero in count():
        descripteur = os.open(dossier / f"place-{numero}", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descripteur, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(descripteur)
            continue
        _tenues.append(descripteur)
        return numero
    raise AssertionError


class _Mesures:
    """The two measures of this process, and where they are read."""

    def __init__(self) -> None:
        self.registre = CollectorRegistry()
        if settings.METRIQUES_DOSSIER is not None:
            settings.METRIQUES_DOSSIER.mkdir(mode=0o700, parents=True, exist_ok=True)
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(settings.METRIQUES_DOSSIER)
            place = _place()
            values.ValueClass = values.MultiProcessValue(lambda: place)
        noms: Any = {"registry": self.registre}
        self.requetes = Counter(
            "edof_requetes", "Requêtes, par vue, méthode et statut.", ["vue", "methode", "statut"], **noms
        )
        self.durees = Histogram(
            "edof_requete_secondes", "Durée des requêtes, par vue.", ["vue"], buckets=SEUILS, **noms
        )


@cache
def _mesures() -> _Mesures:
    return _Mesures()


def compter(request: HttpRequest, statut: int, secondes: float) -> None:
    """Count a request. The names of views and methods are bounded: nobody adds a line by what they ask."""
    trouve = request.resolver_match
    vue = (trouve.view_name or "sans_nom") if trouve else "aucune"
    methode = request.method if request.method in METHODES else "autre"
    mesures = _mesures()
    mesures.requetes.labels(vue, methode, statut).inc()
    mesures.durees.labels(vue).observe(secondes)


def registre() -> CollectorRegistry:
    """Return what to read: the files of all the processes, or the numbers of this one."""
    mesures = _mesures()
    if settings.METRIQUES_DOSSIER is None:
        return mesures.registre
    tous = CollectorRegistry()
    MultiProcessCollector(tous, path=str(settings.METRIQUES_DOSSIER))
    return tous
