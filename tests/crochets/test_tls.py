"""Tests of a delivery over TLS: to the IP that was checked, with the name of the URL, once."""

import shutil
import socket
import ssl
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from crochets.envoi import Envoi, envoyer

NOM = "crochet.example"


class Serveur(HTTPServer):
    """A server with a certificate, that notes the names it is called by."""

    def __init__(self, certificat: str) -> None:
        super().__init__(("127.0.0.1", 0), Reponse)
        self.noms: list[str | None] = []
        contexte = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        contexte.load_cert_chain(certificat)
        contexte.sni_callback = lambda _prise, nom, _contexte: self.noms.append(nom)
        self.socket = contexte.wrap_socket(self.socket, server_side=True)

    def handle_error(self, *_: Any) -> None:
        """Say nothing of a client that refuses the certificate."""


class Reponse(BaseHTTPRequestHandler):
    """Answers 204, and notes the header Host."""

    def do_POST(self) -> None:
        self.server.noms.append(self.headers["Host"])  # type: ignore[attr-defined]
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def certificat(tmp_path_factory):
    if not shutil.which("openssl"):
        pytest.skip("openssl est absent")
    fichier = tmp_path_factory.mktemp("tls") / "certificat.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", fichier, "-out", f"{fichier}.crt", "-days", "2", "-subj", f"/CN={NOM}",
         "-addext", f"subjectAltName=DNS:{NOM}"],
        check=True, capture_output=True,
    )  # fmt: skip
    with fichier.open("a") as ecrit:
        ecrit.write((fichier.parent / f"{fichier.name}.crt").read_text())
    return str(fichier)


@pytest.fixture
def serveur(certificat, settings, monkeypatch):
    settings.WEBHOOKS_LOCAUX = True
    monkeypatch.setenv("SSL_CERT_FILE", certificat)
    resolus: list[str] = []

    def resoudre(hote: str, port: int, **_: Any) -> Any:
        # The first answer leads to the server, any other elsewhere: a name that changes leads nowhere.
        resolus.append(hote)
        ip = "127.0.0.1" if len(resolus) == 1 else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (ip, port))]

    ouvert = Serveur(certificat)
    fil = threading.Thread(target=ouvert.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    fil.start()
    monkeypatch.setattr("crochets.adresses.socket.getaddrinfo", resoudre)
    yield ouvert
    assert len(resolus) == 1
    ouvert.shutdown()
    ouvert.server_close()
    fil.join()


def test_le_nom_est_garde_et_n_est_resolu_qu_une_fois(serveur):
    port = serveur.server_address[1]
    resultat = envoyer(Envoi(f"https://{NOM}:{port}/x", {}, b"{}"))
    assert resultat.statut == 204, resultat.erreur
    assert serveur.noms == [NOM, f"{NOM}:{port}"]


def test_un_certificat_d_un_autre_nom_est_refuse(serveur):
    resultat = envoyer(Envoi(f"https://autre.example:{serveur.server_address[1]}/", {}, b"{}"))
    assert resultat.statut is None and "n'est pas valable pour ce nom" in resultat.erreur
