"""The processes that `run` starts, and restarts when they stop by themselves. Standard library only."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from pathlib import Path

from edof.postgres_embarque import Impossible, Serveur

# A process that stops by itself is restarted: at once, then after longer and longer pauses, in seconds.
PAUSE_AU_PLUS, DUREE_SAINE = 60, 60


def serveur_web(python: str, port: int | str) -> list[str]:
    """Return the command of the web server for a single machine.

    It reads many slow requests at once, and gives a thread only to requests received in full. Slow clients
    can hold all the connections that it accepts (`connection-limit`); a connection that sends nothing for 20
    seconds is closed.
    """
    options = {
        "listen": f"127.0.0.1:{port}",
        # More threads than the requests that may wait for one locked row: the other requests are still
        # served.
        "threads": 24,
        "connection-limit": 2000,
        "channel-timeout": 20,
        "cleanup-interval": 5,
        # Above Django's own limit, so that Django answers in French; below what would fill the disk.
        "max-request-body-size": 105_000_000,
        "ident": "",
    }
    drapeaux = [f"--{nom}={valeur}" for nom, valeur in options.items()]
    # The setting `PROXYS` decides which forwarded headers are trusted.
    return [
        python,
        "-m",
        "waitress",
        *drapeaux,
        "--asyncore-use-poll",
        "--no-clear-untrusted-proxy-headers",
        "edof.wsgi:application",
    ]


class Service:
    """A child process that ends with `run`, and is restarted when it ends by itself.

    Its output goes to var/NOM.log.
    """

    def __init__(
        self, pile: contextlib.ExitStack, nom: str, commande: list[str], *, journaux: Path, dossier: Path
    ) -> None:
        self.nom, self.commande, self.pause, self.prochain = nom, commande, 0, 0.0
        self.dossier, self.chemin = dossier, journaux / f"{nom}.log"
        # The log may contain addresses and links: only this account may read it.
        descripteur = os.open(self.chemin, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self.journal = pile.enter_context(os.fdopen(descripteur, "ab"))
        self.lancer()
        pile.callback(lambda: terminer(self.processus))

    def lancer(self) -> None:
        """Start the process."""
        self.depart, self.prochain = time.monotonic(), 0.0
        self.processus = subprocess.Popen(
            self.commande,
            cwd=self.dossier,
            stdin=subprocess.DEVNULL,
            stdout=self.journal,
            stderr=self.journal,
            preexec_fn=mourir_avec_le_parent,
            umask=0o077,
            start_new_session=True,
        )

    def relancer_s_il_faut(self) -> None:
        """Restart the process once it has ended, after a pause that grows while the process does not last."""
        if self.processus.poll() is None:
            return
        instant = time.monotonic()
        if not self.prochain:
            dure = instant - self.depart > DUREE_SAINE
            self.pause = 0 if dure else min(2 * self.pause or 1, PAUSE_AU_PLUS)
            self.prochain = instant + self.pause
            quand = f"dans {self.pause} s" if self.pause else "aussitôt"
            print(
                f"Le processus « {self.nom} » s'est arrêté : il repart {quand}. Son journal : {self.chemin}",
                flush=True,
            )
        elif instant >= self.prochain:
            self.lancer()


def veiller(serveur: Serveur | None, services: list[Service]) -> None:
    """Restart what has stopped by itself: the database first, because the other processes need it."""
    if serveur is not None and not serveur.est_la():
        print("PostgreSQL s'est arrêté : il repart.", flush=True)
        try:
            serveur.relancer()
        except Impossible as erreur:
            print(f"{erreur}\nNouvel essai dans {PAUSE_AU_PLUS} s.", flush=True)
            time.sleep(PAUSE_AU_PLUS)
    for service in services:
        service.relancer_s_il_faut()


def mourir_avec_le_parent() -> None:
    """Make the child process end with `run` on Linux, even when `run` is killed outright."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def terminer(processus: "subprocess.Popen[bytes]") -> None:
    """Terminate the process; kill it after 8 seconds."""
    if processus.poll() is None:
        processus.terminate()
        try:
            processus.wait(8)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(processus.pid, signal.SIGKILL)
            processus.wait()
