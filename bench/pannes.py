"""Faults of what the program stands on, while somebody reads and a program writes.

    ./run bench pannes            each fault lasts ten seconds
    ./run bench pannes --petit    three seconds

A PostgreSQL, a Redis and a mail server of its own, the web server of docker-compose.yml, a worker with beat.
During each fault a program changes a session again and again, and somebody asks for the public list: every
answer is 200, or 503 in French. The network is cut by relays in between, which lose packets without closing
anything. Afterwards: what was acknowledged is in the database, how long it takes until
both answer again (5 s at most), and until an e-mail put in the queue during the fault has left. A disk is
filled only where a small file system may be mounted. Exits with 1 when something is broken.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))

from bench._relais import Relais
from tests.replique import Primaire

VAR = Path(tempfile.mkdtemp(prefix="edof-pannes-"))
VAR.chmod(0o755)
_MONTER = ["mount", "-t", "tmpfs", "-o", "size=900m,mode=755", "tmpfs", str(VAR)]
MONTE = subprocess.run(_MONTER, capture_output=True, check=False).returncode == 0
SERVEUR = Primaire(VAR / "primaire")
# Two free ports. tests/outils.py cannot be read before Django is set up.
with socket.create_server(("127.0.0.1", 0)) as _une, socket.create_server(("127.0.0.1", 0)) as _autre:
    REDIS, SMTP = _une.getsockname()[1], _autre.getsockname()[1]
VERS_POSTGRESQL, VERS_REDIS = Relais(str(SERVEUR.socket / ".s.PGSQL.5432")), Relais(REDIS)
os.environ |= {
    "DATABASE_URL": f"postgres://edof@127.0.0.1:{VERS_POSTGRESQL.port}/edof",
    "REDIS_URL": f"redis://127.0.0.1:{VERS_REDIS.port}/0",
    "EMAIL_URL": f"smtp://127.0.0.1:{SMTP}",
    "EDOF_VAR": str(VAR / "var"),
    "EDOF_BEAT_SECONDES": "2",
    "DEBUG": "1",
}

import logging

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

import psycopg
from django.core.management import call_command
from django.db import connection

from bench._commun import dire
from edof.horloge import maintenant
from organismes.models import Courriel
from sessions_app.models import Session
from tests.api.client import jeton_de
from tests.attaques import Cible, celui_de_compose, serveur
from tests.conftest import Monde

DE_RETOUR = 5.0
# What `Pannes` does besides faults.
GESTES = {"ouvrir_la_messagerie", "veiller"}


class Messagerie(socketserver.StreamRequestHandler):
    """A mail server that keeps the number of e-mails, or is slow, or refuses."""

    recus = 0
    humeur = "bonne"

    def handle(self) -> None:
        """Answer a client."""
        if self.humeur == "lente":
            time.sleep(15)
            return
        dire_ = lambda texte: self.wfile.write(texte.encode() + b"\r\n")  # noqa: E731
        dire_("220 essai")
        while ligne := self.rfile.readline():
            mot = ligne[:4].upper()
            if mot == b"DATA":
                dire_("354 oui")
                while self.rfile.readline() not in {b".\r\n", b""}:
                    pass
                Messagerie.recus += 1
            elif mot == b"RCPT" and self.humeur == "refuse":
                dire_("550 non")
                continue
            elif mot == b"QUIT":
                dire_("221 bien")
                return
            dire_("250 bien")


class Ecrivain(threading.Thread):
    """Changes a session and reads the public list, until it is stopped; keeps what was answered."""

    def __init__(self, cible: Cible, session: Session, secret: str) -> None:
        super().__init__(daemon=True)
        self.cible, self.chemin, self.secret = cible, f"/api/v1/sessions/{session.pk}/", secret
        self.codes: Counter[str] = Counter()
        self.acquitte = self.rang = 0
        self.dernier_bon = {"lire": 0.0, "écrire": 0.0}
        self.pire, self.presse = 0.0, False
        self.fini = threading.Event()

    def run(self) -> None:
        """Write five times a second, read once a second: the public list has a rate."""
        while not self.fini.wait(0.2):
            self.rang += 1
            corps = json.dumps({"modalites_particulieres": f"n{self.rang}"}).encode()
            entetes = {
                "Authorization": f"Bearer {self.secret}",
                "Content-Type": "application/json",
                "If-Match": "*",
            }
            if self._noter("écrire", self.cible("PATCH", self.chemin, corps, entetes, attente=90)):
                self.acquitte = self.rang
            if self.rang % 5 == 0 or self.presse:
                self._noter("lire", self.cible("GET", "/formations/", attente=90))

    def _noter(self, quoi: str, reponse: tuple[int, bytes, dict[str, str], float]) -> bool:
        code, corps, _, duree = reponse
        self.pire = max(self.pire, duree)
        if code == 503 and b"momentan" not in corps and b"indisponible" not in corps:
            self.codes["503 sans phrase"] += 1
        else:
            self.codes[str(code)] += 1
        if code == 200:
            self.dernier_bon[quoi] = time.monotonic()
        return code == 200


def tous(signal_: int) -> None:
    """Send a signal to PostgreSQL and all its processes."""
    pere = int((SERVEUR.donnees / "postmaster.pid").read_text().split()[0])
    for pid in (pere, *enfants(pere)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal_)


def lancer_redis() -> "subprocess.Popen[bytes]":
    """Start Redis, with nothing on disk."""
    return subprocess.Popen(
        ["redis-server", "--port", str(REDIS), "--save", "", "--dir", str(VAR)], stdout=subprocess.DEVNULL
    )


def lancer_worker(*autres: str) -> "subprocess.Popen[bytes]":
    """Start a worker with beat, in one process; or a worker of that kind, and a beat beside it."""
    celery = [sys.executable, "-m", "celery", "-A", "edof"]
    mots = [*celery, "worker", *(autres or ("-B", "-P", "threads", "-s", str(VAR / "beat"))), "-c", "2"]
    with (VAR / "worker.log").open("ab") as journal:
        # A group of its own: beat would outlive the worker.
        worker = subprocess.Popen(mots, cwd=RACINE, stdout=journal, stderr=journal, process_group=0)
        if autres:
            seul = [*celery, "beat", "-s", str(VAR / "beat-seul"), "--pidfile="]
            subprocess.Popen(seul, cwd=RACINE, stdout=journal, stderr=journal, process_group=worker.pid)
        return worker


def enfants(pere: int) -> list[int]:
    """Return the processes of the pool of a worker."""
    return [int(pid) for pid in Path(f"/proc/{pere}/task/{pere}/children").read_text().split()]


class Pannes:
    """Each method is a fault: what is before its `yield` begins it, what is after ends it."""

    def __init__(self) -> None:
        self.redis, self.worker = lancer_redis(), lancer_worker()
        socketserver.ThreadingTCPServer.allow_reuse_address = True
        self.ouvrir_la_messagerie()

    def _en_processus(self, *autres: str) -> None:
        """Replace the worker by one whose pool has processes, as in docker-compose.yml."""
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        self.worker = lancer_worker("-P", "prefork", *autres)
        Courriel.objects.create(a="x@test.example", objet="Panne", corps="avant")
        connection.close()
        # It has sent the e-mail: it works.
        jusqu_a(lambda: not Courriel.objects.exists(), 60)

    def ouvrir_la_messagerie(self) -> None:
        """Start the mail server."""
        self.messagerie = socketserver.ThreadingTCPServer(("127.0.0.1", SMTP), Messagerie)
        self.messagerie.daemon_threads = True
        threading.Thread(target=self.messagerie.serve_forever, daemon=True).start()

    @contextlib.contextmanager
    def postgresql_tue(self) -> Iterator[None]:
        """Stop PostgreSQL as a crash does."""
        SERVEUR.tuer()
        yield
        SERVEUR.relancer()

    @contextlib.contextmanager
    def postgresql_fige(self) -> Iterator[None]:
        """Freeze PostgreSQL."""
        tous(signal.SIGSTOP)
        yield
        tous(signal.SIGCONT)

    @contextlib.contextmanager
    def postgresql_sans_connexion(self) -> Iterator[None]:
        """Take every connection that is left, then those of the program, which are closed."""
        prises = []
        try:
            while True:
                prises.append(psycopg.connect(SERVEUR.url, connect_timeout=5))
        except psycopg.OperationalError:
            pass
        prises[0].execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE backend_type = 'client backend'"
            " AND pid <> pg_backend_pid() AND NOT pid = ANY(%s)",
            [[prise.info.backend_pid for prise in prises]],
        )
        with contextlib.suppress(psycopg.OperationalError):
            while True:
                prises.append(psycopg.connect(SERVEUR.url, connect_timeout=5))
        yield
        for prise in prises:
            prise.close()

    @contextlib.contextmanager
    def redis_tue(self) -> Iterator[None]:
        """Kill Redis."""
        self.redis.kill()
        self.redis.wait()
        yield
        self.redis = lancer_redis()

    @contextlib.contextmanager
    def redis_fige(self) -> Iterator[None]:
        """Freeze Redis."""
        self.redis.send_signal(signal.SIGSTOP)
        yield
        self.redis.send_signal(signal.SIGCONT)

    @contextlib.contextmanager
    def redis_vide(self) -> Iterator[None]:
        """Empty Redis."""
        subprocess.run(["redis-cli", "-p", str(REDIS), "flushall"], check=True, stdout=subprocess.DEVNULL)
        yield

    def veiller(self) -> bool:
        """Start another worker when this one has ended, as docker-compose.yml and systemd do."""
        if self.worker.poll() is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.worker.pid, signal.SIGKILL)
            self.worker = lancer_worker()
        return True

    @contextlib.contextmanager
    def worker_tue(self) -> Iterator[None]:
        """Kill the worker and its beat."""
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()
        yield
        self.worker = lancer_worker()

    @contextlib.contextmanager
    def worker_fige(self) -> Iterator[None]:
        """Freeze the worker and its beat."""
        os.killpg(self.worker.pid, signal.SIGSTOP)
        yield
        os.killpg(self.worker.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def worker_sans_memoire(self) -> Iterator[None]:
        """Kill the processes of the pool again and again, as the system does when memory runs out."""
        self._en_processus()
        fini = threading.Event()

        def tuer() -> None:
            while not fini.wait(0.5):
                if self.worker.poll() is not None:
                    # docker-compose.yml starts it again.
                    self.worker = lancer_worker("-P", "prefork")
                for pid in enfants(self.worker.pid):
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

        tueur = threading.Thread(target=tuer, daemon=True)
        tueur.start()
        yield
        fini.set()
        tueur.join()

    @contextlib.contextmanager
    def memoire_refusee_au_worker(self) -> Iterator[None]:
        """Have the processes of the pool be given no more memory than they have."""
        self._en_processus()
        for pid in enfants(self.worker.pid):
            pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
            resource.prlimit(
                pid, resource.RLIMIT_AS, (pages * resource.getpagesize(), resource.RLIM_INFINITY)
            )
        yield
        for pid in enfants(self.worker.pid):
            resource.prlimit(pid, resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

    @contextlib.contextmanager
    def worker_pendu(self) -> Iterator[None]:
        """Have a process of the pool hang in a task, for ever: nothing wakes it, the time limit replaces it.

        Eight seconds here, where docker-compose.yml says six hours.
        """
        self._en_processus("--time-limit", "8")
        Messagerie.humeur = "lente"
        Courriel.objects.create(a="x@test.example", objet="Panne", corps="pendu")
        connection.close()
        pendus: list[int] = []

        def dans_l_envoi() -> bool:
            with psycopg.connect(SERVEUR.url) as base:
                pendus[:] = [
                    int(pid)
                    for (pid,) in base.execute(
                        "SELECT substring(application_name from 'tache-([0-9]+)') FROM pg_stat_activity"
                        " WHERE state = 'idle in transaction' AND query LIKE '%organismes_courriel%'"
                    )
                ]
            return bool(pendus)

        jusqu_a(dans_l_envoi, 30)
        for pid in pendus:
            os.kill(pid, signal.SIGSTOP)
        Messagerie.humeur = "bonne"
        yield

    @contextlib.contextmanager
    def reseau_coupe_vers_postgresql(self) -> Iterator[None]:
        """Cut the network between the program and PostgreSQL."""
        VERS_POSTGRESQL.couper()
        yield
        VERS_POSTGRESQL.retablir()

    @contextlib.contextmanager
    def reseau_coupe_vers_redis(self) -> Iterator[None]:
        """Cut the network between the program and Redis."""
        VERS_REDIS.couper()
        yield
        VERS_REDIS.retablir()

    @contextlib.contextmanager
    def messagerie_lente(self) -> Iterator[None]:
        """Have the mail server say nothing."""
        Messagerie.humeur = "lente"
        yield
        Messagerie.humeur = "bonne"

    @contextlib.contextmanager
    def messagerie_qui_refuse(self) -> Iterator[None]:
        """Have the mail server refuse."""
        Messagerie.humeur = "refuse"
        yield
        Messagerie.humeur = "bonne"

    @contextlib.contextmanager
    def messagerie_absente(self) -> Iterator[None]:
        """Stop the mail server."""
        self.messagerie.shutdown()
        self.messagerie.server_close()
        yield
        self.ouvrir_la_messagerie()

    @contextlib.contextmanager
    def disque_plein(self) -> Iterator[None]:
        """Fill the file system of PostgreSQL."""
        plein = VAR / "plein"
        with contextlib.suppress(OSError), plein.open("wb", buffering=0) as fichier:
            while True:
                fichier.write(bytes(65_536))
        # What PostgreSQL has reserved of its log is used up.
        with contextlib.suppress(psycopg.Error), psycopg.connect(SERVEUR.url, autocommit=True) as base:
            for _ in range(60):
                base.execute("SELECT pg_current_xact_id()")
                base.execute("SELECT pg_switch_wal()")
        yield
        plein.unlink()
        with contextlib.suppress(Exception):
            SERVEUR.relancer()


def jusqu_a(vrai: Callable[[], bool], au_plus: float) -> float | None:
    """Return after how many seconds it is true, or None."""
    debut = time.monotonic()
    while time.monotonic() - debut < au_plus:
        with contextlib.suppress(Exception):
            if vrai():
                return time.monotonic() - debut
        connection.close()
        time.sleep(0.1)
    return None


def eprouver(pannes: Pannes, nom: str, ecrivain: Ecrivain, session: Session, secondes: float) -> list[str]:
    """Make a fault while somebody works; print what was seen, and return what is broken."""
    ecrivain.codes.clear()
    ecrivain.pire, recus = 0.0, Messagerie.recus
    connection.close()
    # With the database away, the row is written just before.
    sans_base = nom.startswith(("postgresql", "disque", "reseau_coupe_vers_postgresql"))
    if sans_base:
        Courriel.objects.create(a="x@test.example", objet="Panne", corps=nom)
        connection.close()
    with getattr(pannes, nom)():
        if not sans_base:
            Courriel.objects.create(a="x@test.example", objet="Panne", corps=nom)
            connection.close()
        time.sleep(secondes)
    fin = time.monotonic()
    ecrivain.presse = True
    retour = jusqu_a(lambda: min(ecrivain.dernier_bon.values()) > fin, 30)
    ecrivain.presse = False
    # A refused e-mail is tried again after a minute: it is given its hour.
    if nom.startswith("messagerie"):
        Courriel.objects.update(prochain_essai_le=maintenant())
    seul = pannes.worker
    parti = jusqu_a(
        lambda: pannes.veiller() and Messagerie.recus > recus and not Courriel.objects.exists(), 60
    )
    acquitte = ecrivain.acquitte
    garde = int(Session.objects.get(pk=session.pk).modalites_particulieres.removeprefix("n"))
    casse = [f"réponse {code}" for code in ecrivain.codes if code not in {"200", "503"}]
    casse += [] if retour is not None and retour <= DE_RETOUR else ["trop lent à revenir"]
    casse += [] if garde >= acquitte else [f"perdu : {acquitte} acquitté, {garde} gardé"]
    casse += [] if parti is not None else ["l'e-mail n'est pas parti"]
    if parti is None:
        dire((VAR / "worker.log").read_text(errors="replace")[-6_000:])
    suite = "jamais" if parti is None else f"{parti:.1f} s"
    if nom != "worker_tue" and pannes.worker is not seul:
        suite += ", par un autre worker"
    codes = ", ".join(f"{nombre} × {code}" for code, nombre in sorted(ecrivain.codes.items()))
    dire(
        f"| {nom.replace('_', ' ')} | {codes} | {ecrivain.pire:.1f} s |"
        f" {'jamais' if retour is None else f'{retour:.1f} s'} |"
        f" {suite} | {', '.join(casse) or 'rien'} |"
    )
    return casse


def main() -> None:
    """Read the command line, make each fault, and exit with 1 when something was broken."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("pannes", nargs="*", help="celles-là seulement")
    demande = lecteur.parse_args()
    if shutil.which("redis-server") is None:
        dire("Absent : redis-server")
        return
    casses: list[str] = []
    (VAR / "var").mkdir(exist_ok=True)
    SERVEUR.effacer()
    with SERVEUR.en_usage(), contextlib.ExitStack() as pile:
        pile.callback(SERVEUR.effacer)
        call_command("migrate", verbosity=0)
        monde = Monde()
        session = monde.session("s1", ouverte=True)
        _, secret = jeton_de(monde)
        pannes = Pannes()
        pile.callback(lambda: pannes.redis.kill())
        pile.callback(lambda: os.killpg(pannes.worker.pid, signal.SIGKILL))
        cible = pile.enter_context(serveur(celui_de_compose))
        ecrivain = Ecrivain(cible, session, secret)
        ecrivain.start()
        pile.callback(ecrivain.fini.set)
        noms = [nom for nom in vars(Pannes) if not nom.startswith("_") and nom not in GESTES]
        if not MONTE:
            noms.remove("disque_plein")
        dire("| Panne | réponses | la plus longue | de retour après | e-mail parti après | cassé |")
        dire("|---|---|---:|---:|---:|---|")
        for nom in demande.pannes or noms:
            casses += eprouver(pannes, nom, ecrivain, session, 3 if demande.petit else 10)
    sys.exit(bool(casses))


if __name__ == "__main__":
    try:
        main()
    finally:
        if MONTE:
            subprocess.run(["umount", "-l", str(VAR)], check=False)
        shutil.rmtree(VAR, ignore_errors=True)
