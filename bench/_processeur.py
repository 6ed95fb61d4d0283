"""Processor time of the program and of its database backend, by interleaved rounds."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

from django.db import connection

TOURS = 9


def du_serveur(pid: int) -> float:
    """Return the processor seconds of a backend, to the microsecond: the server must be on this machine."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9


def processeur() -> float:
    """Return the processor seconds that the program and its backend have used."""
    connection.ensure_connection()
    return time.process_time() + du_serveur(connection.connection.info.backend_pid)


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
