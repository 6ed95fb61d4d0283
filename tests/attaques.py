"""Attacks on a running web server, and the response time of another user's page meanwhile.

Used by tests/edof/test_attaques.py and bench/attaques.py. The number of connections and of requests is
bounded, and only this machine is attacked.
"""

import contextlib
import http.client
import json
import os
import shlex
import socket
import statistics
import string
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import psycopg
import yaml
from django.conf import settings
from django.db import connection
from hypothesis import strategies as st

from edof.services import serveur_web
from tests.outils import port_libre

RACINE = Path(__file__).parent.parent
LENTEURS = {
    "rien": b"",
    "en-têtes": b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
    "corps": (
        b"POST /connexion/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        b"Content-Length: 100000\r\n\r\na="
    ),
}


def url_de_la_base(nom: str | None = None) -> str:
    """Return the DATABASE_URL of the database that Django is connected to, or of another one beside it."""
    base = settings.DATABASES["default"]
    acces = f"{quote(base['USER'])}:{quote(base['PASSWORD'])}@" if base["USER"] else ""
    port = f"&port={base['PORT']}" if base["PORT"] else ""
    nom = nom or connection.settings_dict["NAME"]
    return f"postgres://{acces}/{nom}?host={quote(base['HOST'], safe='')}{port}"


class Cible:
    """A web server that listens on `port` of this machine."""

    def __init__(self, port: int, adresse: str = "127.0.0.1") -> None:
        self.port, self.adresse = port, adresse

    def __call__(
        self,
        methode: str,
        chemin: str,
        corps: bytes | None = None,
        entetes: dict[str, str] | None = None,
        attente: float = 60,
    ) -> tuple[int, bytes, dict[str, str], float]:
        """Send a request; return the status, the body, the headers and the duration in seconds.

        The status is 0 when no response came.
        """
        debut = time.monotonic()
        tuyau = http.client.HTTPConnection(self.adresse, self.port, timeout=attente)
        try:
            tuyau.request(methode, chemin, corps, {"Host": "localhost", **(entetes or {})})
            reponse = tuyau.getresponse()
            return reponse.status, reponse.read(), dict(reponse.getheaders()), time.monotonic() - debut
        except (OSError, http.client.HTTPException):
            return 0, b"", {}, time.monotonic() - debut
        finally:
            tuyau.close()

    def attendre(self, processus: "subprocess.Popen[bytes]") -> None:
        """Wait until the server responds.

        Raise AssertionError when its process has ended, or when it does not respond within about a minute.
        """
        for _ in range(600):
            if self("GET", "/sante/vivant/", attente=2)[0] == 200:
                return
            assert processus.poll() is None, "le serveur s'est arrêté"
            time.sleep(0.1)
        raise AssertionError("le serveur ne répond pas")


@contextlib.contextmanager
def serveur(commande: Callable[[int], list[str]], **variables: str) -> Iterator[Cible]:
    """Start a web server with this command, on a free port, over the database of Django's connection.

    `variables` are added to its environment.
    """
    cible = Cible(port_libre())
    environnement = {
        **os.environ,
        "DATABASE_URL": url_de_la_base(),
        "DEBUG": "1",
        "DJANGO_SETTINGS_MODULE": "edof.settings",
        **variables,
    }
    for nom in ("API_DEBIT_PAR_JETON", "API_DEBIT_PAR_ORGANISME", "API_DEBIT_ANONYME"):
        environnement[nom] = "100000/min"
    with tempfile.TemporaryFile() as journal:
        processus = subprocess.Popen(
            commande(cible.port), cwd=RACINE, env=environnement, stdout=journal, stderr=journal
        )
        try:
            cible.attendre(processus)
            yield cible
        finally:
            # Shown with a test that fails: the server says there why it refused.
            journal.seek(0)
            sys.stdout.write(journal.read().decode(errors="replace")[-20_000:])
            processus.terminate()
            try:
                processus.wait(15)
            except subprocess.TimeoutExpired:
                processus.kill()
                processus.wait()


def celui_de_run(port: int) -> list[str]:
    """Return the command of the web server that `./run` starts."""
    return serveur_web(sys.executable, port)


def celui_de_compose(port: int) -> list[str]:
    """Return the command of the web server that docker-compose.yml starts behind nginx."""
    service = yaml.safe_load((RACINE / "docker-compose.yml").read_text())["services"]["web"]
    return [
        sys.executable,
        "-m",
        *shlex.split(service["command"].replace("0.0.0.0:8000", f"127.0.0.1:{port}")),
    ]


@contextlib.contextmanager
def front(
    vers: Cible, dossier: Path, *, nom: str = "127.0.0.1", resolveur: str = "127.0.0.1"
) -> Iterator[Cible]:
    """Start nginx in front of that server, configured as in docker-compose.yml.

    `nom` is what nginx knows the server by, and `resolveur` who tells it the addresses of that name.
    """
    cible = Cible(port_libre())
    modele = string.Template((RACINE / "front" / "default.conf.template").read_text())
    texte = modele.safe_substitute(
        FRONT_ECOUTE=f"127.0.0.1:{cible.port}",
        FRONT_VERS=f"{nom}:{vers.port}",
        FRONT_PAGES=RACINE / "front" / "pages",
        FRONT_DONNEES=dossier / "donnees",
        FRONT_JOURNAL=dossier / "acces",
        NGINX_LOCAL_RESOLVERS=resolveur,
    )
    temporaires = " ".join(
        f"{quoi}_temp_path {dossier}/{quoi};" for quoi in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # When started as root, nginx would switch to an account that cannot read a checkout owned by root.
    compte = "user root;" if os.getuid() == 0 else ""
    (dossier / "nginx.conf").write_text(
        f"{compte} daemon off; pid {dossier}/pid; error_log {dossier}/erreurs; events {{ worker_connections"
        f" 1024; }} http {{ access_log off; {temporaires} {texte} }}"
    )
    nginx = subprocess.Popen(
        ["nginx", "-c", str(dossier / "nginx.conf"), "-e", str(dossier / "erreurs")],
        stderr=subprocess.DEVNULL,
    )
    try:
        cible.attendre(nginx)
        yield cible
    finally:
        nginx.terminate()
        nginx.wait(15)


# --- The attacks ---


@contextlib.contextmanager
def clients_lents(cible: Cible, combien: int, lenteur: str) -> Iterator[None]:
    """Open `combien` connections that each send the beginning of a request, then nothing more."""
    with contextlib.ExitStack() as pile:
        for _ in range(combien):
            prise = pile.enter_context(socket.create_connection(("127.0.0.1", cible.port), timeout=10))
            prise.sendall(LENTEURS[lenteur])
        yield


@contextlib.contextmanager
def ligne_verrouillee(table: str, pk: int) -> Iterator[None]:
    """Lock this row from another database connection for as long as the context lasts."""
    base = connection.settings_dict
    with psycopg.connect(
        dbname=base["NAME"],
        user=base["USER"] or None,
        password=base["PASSWORD"] or None,
        host=base["HOST"] or None,
        port=base["PORT"] or None,
    ) as autre:
        autre.execute(f"SELECT 1 FROM {table} WHERE id = %s FOR UPDATE", [pk])
        yield
        autre.rollback()


def a_la_fois(combien: int, faire: Callable[[int], Any]) -> list[Any]:
    """Call `faire` `combien` times in parallel; return the results."""
    with ThreadPoolExecutor(combien) as ouvriers:
        return list(ouvriers.map(faire, range(combien)))


def balises_imbriquees(octets: int) -> bytes:
    """Return the body of an API request whose light text is about `octets` bytes of nested markup."""
    return json.dumps({"modalites_recrutement": "<ul><li>" * (octets // 8) + "</li></ul>"}).encode()


CODAGES = (
    "hex",
    "rot13",
    "bz2",
    "idna",
    "undefined",
    "utf-7",
    "utf-16",
    "latin-1",
    "inconnu",
    "\xff",
    "a\x00b",
    "",
    '"utf-8',
    "utf-8;charset=hex",
)
# The web server answers with these by itself, before the request reaches the program.
DU_SERVEUR = {400, 405, 408, 413, 414, 417, 431, 501, 505}
_MOTS = st.one_of(
    st.sampled_from(
        [
            "",
            "*",
            "0",
            "-1",
            "9" * 40,
            "%",
            "%00",
            "%FF",
            "é",
            "../..",
            "{",
            "[]",
            "null",
            "x" * 3000,
            "\x00",
            "\x7f",
            "'\"<",
        ]
    ),
    st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30),
)
_CHEMINS = (
    "/", "/connexion/", "/catalogue/", "/catalogue/sessions/1/", "/catalogue/offres/ajouter/", "/formations/",
    "/formations/1/", "/sante/",
    "/formations/verifier/", "/api/v1/", "/api/v1/offres/", "/api/v1/offres/1/",
    "/api/v1/sessions/par-identifiant/", "/api/v1/contacts/",
    "/static/css/base.css", "/static/../edof/settings.py", "/admin/login/", "/mot-de-passe/oublie/",
    "/invitation/x/", "/en-ligne/",
)  # fmt: skip
_ENTETES = (
    "Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Encoding", "Content-Type",
    "Cookie", "Expect", "Host",
    "HX-Current-URL", "HX-Request", "If-Match", "If-Modified-Since", "If-None-Match", "Origin", "Range",
    "Referer", "Transfer-Encoding",
    "Upgrade", "X-Forwarded-For", "X-Forwarded-Proto", "X-HTTP-Method-Override", "X-Espace",
)  # fmt: skip
_TYPES = (
    "application/json",
    "text/html",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "text/plain",
    "*/*;q=x",
)
_CORPS = st.one_of(
    st.binary(max_size=200),
    st.sampled_from(
        [
            b"{}",
            b"[]",
            b'{"a": NaN}',
            b'{"a": 1e999}',
            b"[" * 5000,
            b'"\xff"',
            b"a=1&a=2",
            b"--x\r\n\r\n",
            b"\x1f\x8b\x08",
            b"null",
        ]
    ),
)


@st.composite
def requetes_brutes(tirer: st.DrawFn, identites: tuple[str, ...] = ()) -> bytes:
    """Generate the bytes of an arbitrary request, valid or not.

    `identites` are header lines that identify a user or a token; the request may contain one of them.
    """
    methode = tirer(
        st.sampled_from(
            ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "FAIRE"]
        )
    )
    chemin = tirer(st.sampled_from(_CHEMINS)) + tirer(st.sampled_from(["", "", tirer(_MOTS)]))
    noms = st.sampled_from(["q", "page", "o", "jour", "limite", "dry_run", "identifiant"])
    q = "&".join(f"{tirer(noms)}={tirer(_MOTS)}" for _ in range(2))
    types = [f"{genre}; charset={codage}" for genre in _TYPES for codage in CODAGES]
    lignes = [
        f"{nom}: {tirer(st.one_of(_MOTS, st.sampled_from([*_TYPES, *types])))}"
        for nom in tirer(st.lists(st.sampled_from(_ENTETES), max_size=4, unique=True))
    ]
    lignes += tirer(st.sampled_from([[], *([identite] for identite in identites)]))
    corps = tirer(_CORPS) if methode not in {"GET", "HEAD"} else b""
    if not any(ligne.startswith("Host:") for ligne in lignes):
        lignes.append("Host: localhost")
    chemin = chemin.replace(" ", "%20") + ("?" + q.replace(" ", "%20") if tirer(st.booleans()) else "")
    tete = "\r\n".join(
        [
            f"{methode} {chemin} HTTP/1.1",
            *lignes,
            f"Content-Length: {len(corps)}",
            "Connection: close",
            "",
            "",
        ]
    )
    return tete.encode("latin-1") + corps


def faute_de(cible: Cible, demande: bytes) -> str:
    """Send these bytes; return the description of a faulty response, or an empty string.

    A response is faulty when there is none, when its status is 500 or more, or when it lacks the program's
    security headers. The statuses of DU_SERVEUR are accepted.
    """
    with socket.create_connection(("127.0.0.1", cible.port), timeout=30) as prise:
        prise.sendall(demande)
        lu = b""
        with contextlib.suppress(ConnectionError):
            while morceau := prise.recv(65536):
                lu += morceau
    tete = lu.partition(b"\r\n\r\n")[0].decode("latin-1")
    statut = int(tete.split()[1]) if tete.startswith("HTTP/") else 0
    if statut == 0 or statut >= 500 and statut not in DU_SERVEUR:
        return f"{statut} : {demande!r}"
    a_nous = "content-security-policy" in tete.lower() and "x-content-type-options" in tete.lower()
    return "" if a_nous or statut in DU_SERVEUR else f"sans nos en-têtes : {demande!r}"


class Quelqu_un_d_autre:
    """A user who requests a page again and again while something else happens.

    `durees` holds the duration of each response, in seconds, and `statuts` the statuses.
    """

    def __init__(self, cible: Cible, chemin: str = "/connexion/", attente: float = 60) -> None:
        self.cible, self.chemin, self.attente = cible, chemin, attente
        self.durees: list[float] = []
        self.statuts: set[int] = set()
        self._fini = threading.Event()
        self._fil = threading.Thread(target=self._regarder)

    def _regarder(self) -> None:
        while not self._fini.is_set() or not self.durees:
            statut, _, _, duree = self.cible("GET", self.chemin, attente=self.attente)
            self.statuts.add(statut)
            self.durees.append(duree)
            time.sleep(0.05)

    def __enter__(self) -> "Quelqu_un_d_autre":
        self._fil.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._fini.set()
        self._fil.join()

    @property
    def mediane(self) -> float:
        """Return the median duration of a response, in seconds."""
        return statistics.median(self.durees)
