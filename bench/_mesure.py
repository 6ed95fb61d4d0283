"""What is measured of a piece of work, done in a process of its own."""

import multiprocessing
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection

from bench._national import sql
from bench._processeur import du_serveur


@dataclass
class Mesure:
    """The measurements of one piece of work.

    They are its seconds on the clock, the processor time of the program and of its database backend, its
    statements, the rows written, the bytes of WAL, and the peak memory of its process in megabytes.
    """

    secondes: float = 0.0
    programme: float = 0.0
    base: float = 0.0
    instructions: int = 0
    lignes: int = 0
    wal: int = 0
    memoire: float = 0.0

    @property
    def processeur(self) -> float:
        """Return the processor time of the program and of its backend, in seconds."""
        return self.programme + self.base


def mediane(mesures: Sequence[Mesure], nom: str) -> float:
    """Return the median of one of the measurements."""
    return statistics.median(getattr(mesure, nom) for mesure in mesures)


def a_part(faire: Callable[..., None], *arguments: Any, deja_calme: bool = False) -> Mesure:
    """Run `faire` in a new process, and return what was measured.

    The process is not a fork of this one, whose memory it would count as its own. `faire` is a function of a
    module of bench/. A checkpoint first writes earlier changes to the disk, unless `deja_calme`.
    """
    if not deja_calme:
        sql("CHECKPOINT")
    contexte = multiprocessing.get_context("spawn")
    ici, la_bas = contexte.Pipe()
    processus = contexte.Process(
        target=_mesurer, args=(connection.settings_dict["NAME"], faire, arguments, la_bas)
    )
    processus.start()
    # Held by the other process alone: if it dies, this one must not wait for what will never come.
    la_bas.close()
    mesure = ici.recv()
    processus.join()
    if isinstance(mesure, str):
        sys.exit(mesure)
    return mesure


def _mesurer(base: str, faire: Callable[..., None], arguments: tuple[Any, ...], tuyau: Any) -> None:
    try:
        connection.close()
        connection.settings_dict["NAME"] = base
        mesure = Mesure()

        def compter(execute, requete, parametres, plusieurs, contexte):
            mesure.instructions += 1
            return execute(requete, parametres, plusieurs, contexte)

        lignes, wal = _ecrites(), sql("SELECT pg_current_wal_insert_lsn()")[0]
        (serveur,) = sql("SELECT pg_backend_pid()")
        debut, programme, de_la_base = time.perf_counter(), time.process_time(), du_serveur(serveur)
        with connection.execute_wrapper(compter):
            faire(*arguments)
        mesure.secondes = time.perf_counter() - debut
        mesure.programme = time.process_time() - programme
        mesure.base = du_serveur(serveur) - de_la_base
        connection.close()
        mesure.lignes = _ecrites() - lignes
        mesure.wal = int(sql("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", wal)[0])
        mesure.memoire = _pic()
        tuyau.send(mesure)
    except BaseException as erreur:
        tuyau.send(repr(erreur))


def _pic() -> float:
    """Return the peak memory of this process, in megabytes.

    `ru_maxrss` would count what its parent had before the program was replaced.
    """
    for ligne in Path("/proc/self/status").read_text().splitlines():
        if ligne.startswith("VmHWM:"):
            return int(ligne.split()[1]) / 1024
    raise RuntimeError("VmHWM")


def _ecrites() -> int:
    sql("SELECT pg_stat_force_next_flush()")
    time.sleep(0.2)
    return int(
        sql(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables WHERE"
            " schemaname = 'public'"
        )[0]
    )
