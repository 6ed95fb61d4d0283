"""A server of S3 for the tests: moto, in a process of its own, spoken to over HTTP as any other.

`Relais` stands before it, to do something at a given request: kill who asks, or cut it from the database.
"""

import contextlib
import http.client
import itertools
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3

from tests.outils import port_libre

_NUMEROS = itertools.count(1)


@contextlib.contextmanager
def serveur_s3() -> Iterator[str]:
    """Start the server; yield its address."""
    port = port_libre()
    processus = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(600):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            assert processus.poll() is None, "le serveur S3 s'est arrêté"
            time.sleep(0.1)
        yield f"http://127.0.0.1:{port}"
    finally:
        processus.kill()
        processus.wait()


def nouveau_seau(adresse: str) -> dict[str, str]:
    """Make a bucket; return the variables that name it."""
    nom = f"donnees-{os.getpid()}-{next(_NUMEROS)}"
    with contextlib.closing(_client(adresse)) as client:
        client.create_bucket(Bucket=nom)
    return {
        "DONNEES_S3_SEAU": nom,
        "DONNEES_S3_ADRESSE": adresse,
        "DONNEES_S3_PREFIXE": "catalogue/ouvertes",
        "DONNEES_S3_CLE": "cle",
        "DONNEES_S3_SECRET": "secret",
    }


def _client(adresse: str) -> Any:
    return boto3.client(
        "s3", endpoint_url=adresse, region_name="us-east-1", aws_access_key_id="x", aws_secret_access_key="y"
    )


def cles(seau: dict[str, str]) -> list[str]:
    """Return the keys of the bucket."""
    with contextlib.closing(_client(seau["DONNEES_S3_ADRESSE"])) as client:
        lus = client.list_objects_v2(Bucket=seau["DONNEES_S3_SEAU"])
    return [objet["Key"] for objet in lus.get("Contents", ())]


@contextlib.contextmanager
def relais(vers: str, avant: Callable[[str, str], None]) -> Iterator[str]:
    """Pass each request on to the server, after `avant(method, path)`; yield the address to ask."""
    hote = vers.removeprefix("http://")

    class Relais(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def passer(self) -> None:
            corps = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            avant(self.command, self.path)
            tuyau = http.client.HTTPConnection(hote, timeout=60)
            entetes = {nom: dit for nom, dit in self.headers.items() if nom.lower() != "expect"}
            tuyau.request(self.command, self.path, corps, entetes)
            reponse = tuyau.getresponse()
            lu = reponse.read()
            with contextlib.suppress(OSError):
                self.send_response_only(reponse.status)
                for nom, dit in reponse.getheaders():
                    if nom.lower() not in {"content-length", "transfer-encoding", "connection"}:
                        self.send_header(nom, dit)
                self.send_header("Content-Length", str(len(lu)))
                self.end_headers()
                self.wfile.write(lu)
            tuyau.close()

        do_GET = do_PUT = do_POST = do_DELETE = passer

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    serveur = ThreadingHTTPServer(("127.0.0.1", 0), Relais)
    fil = threading.Thread(target=serveur.serve_forever)
    fil.start()
    try:
        yield f"http://127.0.0.1:{serveur.server_port}"
    finally:
        serveur.shutdown()
        serveur.server_close()
        fil.join()
