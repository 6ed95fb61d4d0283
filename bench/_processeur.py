"""Processor time of the program and of its database backend, by interleaved rounds."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

TOURS = 9


def _de_la_base() -> float:
    """Return the processor seconds that the backend of this connection has used, to the microsecond."""
    connection.ensure_connection()
    return int(Path(f"/proc/{connection.connection.info.backend_pid}/schedstat").read_text().split()[0]) / 1e9


def processeur() -> float:
    """Return the processor seconds that the program and its backend have used."""
    return time.process_time() + _de_la_base()


def comparer(gestes: dict[str, Callable[[], None]], fois: int) -> dict[str, list[float]]:
    """Do each of these `fois` times, round after round; return their milliseconds, one figure per round.

    A figure is the processor time of the program and of its backend, for one time. The backend must be on
    this machine.
    """
    mesures: dict[str, list[float]] = {nom: [] for nom in gestes}
    for geste in gestes.values():
        geste()
    for _ in range(TOURS):
        for nom, geste in gestes.items():
            debut = processeur()
            for _ in range(fois):
                geste()
            mesures[nom].append(1000 * (processeur() - debut) / fois)
    return mesures


def rapports(mesures: dict[str, list[float]], nom: str, temoin: str) -> list[float]:
    """Return the ratio between two gestures, round by round."""
    return [un / autre for un, autre in zip(mesures[nom], mesures[temoin], strict=True)]


def rapport(mesures: dict[str, list[float]], nom: str, temoin: str) -> tuple[float, float, float]:
    """Return the median, the smallest and the largest ratio between two gestures, round by round."""
    tous = rapports(mesures, nom, temoin)
    return statistics.median(tous), min(tous), max(tous)
