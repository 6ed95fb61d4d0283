"""A receiver: a real HTTP server on this machine, that notes what it is sent and answers as it is told."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from crochets.models import Abonnement
from crochets.signature import secret_de
from organismes.models import Organisme


@dataclass
class Recu:
    """A request that was received."""

    chemin: str
    entetes: dict[str, str]
    corps: bytes


@dataclass
class Recepteur:
    """What was received, and what is answered: a status, its headers, its body, after a wait."""

    port: int = 0
    recus: list[Recu] = field(default_factory=list)
    statut: int = 200
    entetes: dict[str, str] = field(default_factory=dict)
    corps: bytes = b"recu"
    attente: float = 0.0

    @property
    def url(self) -> str:
        """Return its address."""
        return f"http://127.0.0.1:{self.port}/crochet?qui=edof"


@contextmanager
def recevoir(**reponse: Any) -> Iterator[Recepteur]:
    """Run a receiver during the block."""
    recepteur = Recepteur(**reponse)

    fini = threading.Event()

    class Reponse(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            corps = self.rfile.read(int(self.headers["Content-Length"]))
            entetes = {nom.lower(): valeur for nom, valeur in self.headers.items()}
            recepteur.recus.append(Recu(self.path, entetes, corps))
            fini.wait(recepteur.attente)
            self.send_response(recepteur.statut)
            for nom, valeur in recepteur.entetes.items():
                self.send_header(nom, valeur)
            self.send_header("Content-Length", str(len(recepteur.corps)))
            self.end_headers()
            self.wfile.write(recepteur.corps)

        def log_message(self, *_: Any) -> None:
            pass

    class Serveur(ThreadingHTTPServer):
        def handle_error(self, *_: Any) -> None:
            """Say nothing of a client that was killed."""

    serveur = Serveur(("127.0.0.1", 0), Reponse)
    serveur.daemon_threads = True
    recepteur.port = serveur.server_address[1]
    fil = threading.Thread(target=serveur.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    fil.start()
    try:
        yield recepteur
    finally:
        fini.set()
        serveur.shutdown()
        serveur.server_close()
        fil.join()


def abonner(organisme: Organisme, url: str, *evenements: str, nom: str = "Planning") -> Abonnement:
    """Create a subscription to these events."""
    return Abonnement.objects.create(
        organisme=organisme,
        nom=nom,
        url=url,
        evenements=list(evenements),
        secret=secret_de(url, organisme.pk),
    )
