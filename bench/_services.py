"""The web server, the worker and beat of docker-compose.yml as processes, and how they are replaced.

nginx reaches the web server under a name, as between containers: a small server of names (here) gives the
addresses of those that run, of which there are two for the time of a replacement.
"""

import contextlib
import os
import shlex
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from pathlib import Path

import yaml

from tests.attaques import Cible
from tests.outils import port_libre

RACINE = Path(__file__).resolve().parent.parent
COMPOSE = yaml.safe_load((RACINE / "docker-compose.yml").read_text())["services"]
TACHES = ("worker", "beat")
NOM = "web"
# Seconds after the start of a container at which the engine first looks at its health: nginx, which keeps a
# name for two seconds, has then asked for it again.
PREMIER_REGARD = 5.0


class Noms(threading.Thread):
    """A server of names that gives one name the addresses of `adresses`, for one second."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.adresses: list[str] = []
        self._prise = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._prise.bind(("127.0.0.1", 0))
        self.resolveur = f"127.0.0.1:{self._prise.getsockname()[1]}"

    def run(self) -> None:
        """Answer each question: the addresses for a question of type A, none for the others."""
        while True:
            question, de = self._prise.recvfrom(512)
            fin = question.index(b"\0", 12) + 5
            adresses = self.adresses if question[fin - 4 : fin - 2] == b"\0\1" else []
            tete = question[:2] + struct.pack(">HHHHH", 0x8180, 1, len(adresses), 0, 0)
            lignes = [
                b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 1, 4) + socket.inet_aton(une) for une in adresses
            ]
            self._prise.sendto(tete + question[12:fin] + b"".join(lignes), de)


class Services:
    """The services, started and stopped as Compose does, over a Redis of their own."""

    def __init__(self, dossier: Path) -> None:
        self.dossier, self.port, self.redis = dossier, port_libre(), port_libre()
        self.courtier = subprocess.Popen(
            ["redis-server", "--port", str(self.redis), "--save", "", "--dir", str(dossier)],
            stdout=subprocess.DEVNULL,
        )
        self.noms = Noms()
        self.noms.start()
        self.web: dict[str, subprocess.Popen[bytes]] = {}
        self.taches: list[subprocess.Popen[bytes]] = []
        self._rang = 1

    def _lancer(self, nom: str, adresse: str = "") -> "subprocess.Popen[bytes]":
        dite = COMPOSE[nom]["command"].replace("0.0.0.0:8000", f"{adresse}:{self.port}")
        mots = shlex.split(dite.replace("/tmp/", f"{self.dossier}/"))
        autour = os.environ | {
            "REDIS_URL": f"redis://127.0.0.1:{self.redis}/0",
            "EDOF_SERVICE": "web" if nom == "web" else "tache",
        }
        module = ["manage.py", *mots[2:]] if mots[0] == "python" else ["-m", *mots]
        with (self.dossier / f"{nom}.log").open("ab") as journal:
            return subprocess.Popen(
                [sys.executable, *module], cwd=RACINE, env=autour, stdout=journal, stderr=journal,
                process_group=0,
            )  # fmt: skip

    def lancer_le_web(self) -> str:
        """Start one more web server, at an address of its own; return the address."""
        self._rang += 1
        adresse = f"127.0.0.{self._rang}"
        self.web[adresse] = self._lancer("web", adresse)
        self.noms.adresses = [*self.web]
        return adresse

    def lancer_les_taches(self) -> None:
        """Start the worker and beat."""
        self.taches = [self._lancer(nom) for nom in TACHES]

    def demarrer(self) -> None:
        """Start them all at once."""
        self.lancer_le_web()
        self.lancer_les_taches()

    def attendre_le_web(self, adresse: str) -> None:
        """Wait until the health check of docker-compose.yml finds this web server healthy."""
        la = Cible(self.port, adresse)
        la.attendre(self.web[adresse])
        while la("GET", "/sante/pret/", attente=10)[0] != 200:
            time.sleep(0.2)

    def remplacer(self, grace: float) -> int:
        """Do what docs/exploitation/mettre-a-jour.md says; return how many were killed.

        The migrations, a second web server, the first one stopped once the second is healthy, then what has
        no visitor.
        """
        anciens = [*self.web]
        if self._lancer("migrate").wait(300):
            sys.exit((self.dossier / "migrate.log").read_text()[-4_000:])
        lance = time.monotonic()
        self.attendre_le_web(self.lancer_le_web())
        time.sleep(max(0.0, lance + PREMIER_REGARD - time.monotonic()))
        tues = sum(self._arreter([self.web[ancien]], 40) for ancien in anciens)
        for ancien in anciens:
            del self.web[ancien]
        self.noms.adresses = [*self.web]
        tues += self._arreter(self.taches, grace)
        self.lancer_les_taches()
        return tues

    def arreter(self, grace: float) -> int:
        """Ask all of them to end at once, kill what has not; return how many were killed."""
        tues = self._arreter([*self.web.values(), *self.taches], grace)
        self.web, self.taches, self.noms.adresses = {}, [], []
        return tues

    def _arreter(self, processus: "list[subprocess.Popen[bytes]]", grace: float) -> int:
        for un in processus:
            un.terminate()
        fin, tues = time.monotonic() + grace, 0
        for un in processus:
            with contextlib.suppress(subprocess.TimeoutExpired):
                un.wait(max(0.0, fin - time.monotonic()))
            tues += un.poll() is None
            # The processes of the pool go with it, as they do with a container.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(un.pid, signal.SIGKILL)
            un.wait()
        return tues

    def fermer(self) -> None:
        """Stop everything."""
        self.arreter(1)
        self.courtier.kill()
