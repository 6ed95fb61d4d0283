"""`./run` itself: starts from a copy of the checkout in an awkward folder, stops, and leaves nothing behind."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

RACINE = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def copie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The checkout in a folder with spaces and accents, whose database server is gone at the end."""
    dossier = tmp_path_factory.mktemp("un") / "été à Nîmes"
    shutil.copytree(RACINE, dossier, ignore=shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis"))
    for parent in [dossier, *dossier.parents]:
        if parent == Path("/tmp"):
            break
        parent.chmod(0o755)
    yield dossier


def port_libre() -> int:
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return prise.getsockname()[1]


def lancer(copie: Path, port: int, *arguments: str) -> "subprocess.Popen[str]":
    environnement = {cle: valeur for cle, valeur in os.environ.items() if cle not in {"DATABASE_URL", "EDOF_VAR", "REDIS_URL"}}
    environnement |= {"PORT": str(port), "EDOF_VENV": sys.prefix, "DEBUG": "1"}
    return subprocess.Popen(
        [sys.executable, str(copie / "run"), *arguments],
        cwd="/",
        env=environnement,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def attendre_pret(processus: "subprocess.Popen[str]") -> str:
    texte = ""
    for ligne in processus.stdout:
        texte += ligne
        if ligne.startswith("Ctrl-C"):
            return texte
    raise AssertionError(f"./run s'est arrêté : {texte}")


def restes(copie: Path) -> list[str]:
    """Processes that still speak of the copy."""
    lignes = []
    for dossier in Path("/proc").glob("[0-9]*"):
        try:
            commande = (dossier / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            chemin = os.readlink(dossier / "cwd") if commande else ""
        except OSError:
            continue
        if str(copie) in commande or str(copie) in chemin:
            lignes.append(commande)
    return lignes


def attendre_rien(copie: Path) -> None:
    for _ in range(400):
        if not restes(copie):
            return
        time.sleep(0.1)
    raise AssertionError(restes(copie))


def test_demarrer_arreter_redemarrer_tuer(copie):
    port = port_libre()
    for arret in (signal.SIGINT, signal.SIGKILL):
        debut = time.monotonic()
        processus = lancer(copie, port)
        texte = attendre_pret(processus)
        assert f"http://127.0.0.1:{port}" in texte and "gestionnaire@ilvm.example" in texte
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sante/", timeout=5) as reponse:
            assert reponse.status == 200
        if arret == signal.SIGINT:
            autre = lancer(copie, port)
            message, _ = autre.communicate(timeout=30)
            assert f"Le port {port} est déjà pris" in message and "PORT=" in message
        else:
            assert time.monotonic() - debut < 20
        processus.send_signal(arret)
        processus.stdout.close()
        processus.wait(30)
        attendre_rien(copie)


def test_arreter_ce_qui_ne_tourne_pas_et_commande_inconnue(copie):
    assert lancer(copie, 1, "stop").communicate(timeout=20)[0].strip() == "Rien ne tourne."
    inconnue = lancer(copie, 1, "danser")
    assert "./run test" in inconnue.communicate(timeout=20)[0] and inconnue.returncode == 2
