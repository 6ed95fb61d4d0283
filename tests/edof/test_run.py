"""Tests of the `./run` script, from a copy of the checkout in an awkward folder.

It starts, stops, and leaves nothing behind.
"""

import contextlib
import os
import select
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.outils import port_libre

RACINE = Path(__file__).parents[2]
# Upper bound in seconds of each wait, for a busy machine: nothing waits that long otherwise.
AU_PLUS = 300


@pytest.fixture(scope="module")
def copie(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Return a copy of the checkout, in a folder whose name contains spaces and accents.

    Its database server is no longer running at the end.
    """
    dossier = tmp_path_factory.mktemp("un") / "été à Nîmes"
    shutil.copytree(
        RACINE,
        dossier,
        ignore=shutil.ignore_patterns(".git", ".venv", "var", "__pycache__", ".*_cache", ".hypothesis"),
    )
    for parent in [dossier, *dossier.parents]:
        if parent == Path("/tmp"):
            break
        parent.chmod(0o755)
    yield dossier


def lancer(
    copie: Path,
    port: int,
    *arguments: str,
    ignore: bool = False,
    ferme: bool = False,
    entree: int = subprocess.DEVNULL,
) -> "subprocess.Popen[str]":
    """Start `./run` in the copy.

    `ignore` starts it with SIGINT (Ctrl-C) ignored, `ferme` with its standard input closed.
    """
    environnement = {
        cle: valeur
        for cle, valeur in os.environ.items()
        if cle not in {"DATABASE_URL", "EDOF_VAR", "REDIS_URL"}
    }
    environnement |= {"PORT": str(port), "EDOF_VENV": sys.prefix, "DEBUG": "1"}
    return subprocess.Popen(
        [
            *(["sh", "-c", 'exec "$0" "$@" <&-'] if ferme else []),
            sys.executable,
            str(copie / "run"),
            *arguments,
        ],
        cwd="/",
        env=environnement,
        stdin=entree,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        preexec_fn=(lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) if ignore else None,
    )


def attendre_pret(processus: "subprocess.Popen[str]") -> str:
    texte = ""
    for ligne in processus.stdout:
        texte += ligne
        if ligne.startswith("Ctrl-C"):
            return texte
    raise AssertionError(f"./run s'est arrêté : {texte}")


def restes(copie: Path) -> dict[int, str]:
    """Return the processes that still refer to the copy: their numbers and their command lines."""
    lus = {}
    for dossier in Path("/proc").glob("[0-9]*"):
        try:
            commande = (dossier / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            chemin = os.readlink(dossier / "cwd") if commande else ""
        except OSError:
            continue
        if str(copie) in commande or str(copie) in chemin:
            lus[int(dossier.name)] = commande
    return lus


def attendre_rien(copie: Path) -> None:
    limite = time.monotonic() + AU_PLUS
    while presents := restes(copie):
        assert time.monotonic() < limite, presents
        with contextlib.suppress(ProcessLookupError):
            # Readable once this process has ended.
            fin = os.pidfd_open(min(presents))
            select.select([fin], [], [], limite - time.monotonic())
            os.close(fin)


def sante(port: int) -> int:
    """Return the status of `/sante/`, or 0 when the server does not respond."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/sante/", timeout=30) as reponse:
            return reponse.status
    except OSError:
        return 0


def attendre_que(fait: Callable[[], bool]) -> None:
    limite = time.monotonic() + AU_PLUS
    while not fait():
        assert time.monotonic() < limite, "Trop long"
        time.sleep(0.1)


def pid_de(copie: Path, mots: str) -> int:
    """Return the process of the copy whose command line contains these words, or 0."""
    for dossier in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            commande = (dossier / "cmdline").read_bytes().decode(errors="replace").replace("\0", " ")
            etat = (dossier / "stat").read_text().rsplit(")", 1)[1].split()[0]
            if (
                mots in commande
                and str(copie) in f"{commande} {os.readlink(dossier / 'cwd')}"
                and etat != "Z"
            ):
                return int(dossier.name)
    return 0


def donnees(copie: Path) -> Path:
    """Return the folder of the copy's database, with no process running in it."""
    if not list(copie.glob("var/postgres-*")):
        lancer(copie, 1, "manage", "check").communicate(timeout=AU_PLUS)
    attendre_rien(copie)
    (dossier,) = copie.glob("var/postgres-*")
    return dossier


# In the foreground, and behind a shell that makes what it starts ignore Ctrl-C (« ./run & » in a script,
# nohup).
@pytest.mark.parametrize("ignore", [False, True], ids=["devant", "derriere"])
def test_demarrer_arreter_redemarrer_tuer(copie, ignore):
    port = port_libre()
    for arret in (signal.SIGINT, signal.SIGKILL):
        processus = lancer(copie, port, ignore=ignore)
        texte = attendre_pret(processus)
        assert f"http://127.0.0.1:{port}" in texte and "gestionnaire@ilvm.example" in texte
        attendre_que(lambda: sante(port) == 200)
        if arret == signal.SIGINT:
            for autre_port in (port, port_libre()):
                autre = lancer(copie, autre_port)
                message, _ = autre.communicate(timeout=AU_PLUS)
                assert f"Déjà en marche : http://127.0.0.1:{port}." in message and autre.returncode == 1
            assert sante(port) == 200
        processus.send_signal(arret)
        processus.stdout.close()
        processus.wait(AU_PLUS)
        attendre_rien(copie)


def test_ce_qui_est_tue_repart_et_stop_trouve_ce_qui_tourne(copie):
    port = port_libre()
    processus = lancer(copie, port)
    attendre_pret(processus)
    try:
        for mots in ("celery -A edof worker", f"--listen=127.0.0.1:{port}", "postgres -D"):
            tue = pid_de(copie, mots) or pid_de(copie.parent, mots)
            os.kill(tue, signal.SIGKILL)
            attendre_que(lambda mots=mots, tue=tue: pid_de(copie, mots) not in {0, tue})
            attendre_que(lambda: sante(port) == 200)
        # These files contain password reset links, e-mail addresses and tasks: only this account may read
        # them.
        ouverts = [
            f.name
            for f in (copie / "var").iterdir()
            if f.name.startswith(("web", "worker", "beat", "cle", "c")) and f.stat().st_mode & 0o077
        ]
        assert ouverts == []
        assert "Arrêté." in lancer(copie, port, "stop").communicate(timeout=AU_PLUS)[0]
        assert processus.wait(AU_PLUS) == 0
    finally:
        processus.kill()
    dit, _ = processus.communicate(timeout=AU_PLUS)
    assert "« worker » s'est arrêté : il repart" in dit and "PostgreSQL s'est arrêté : il repart." in dit
    attendre_rien(copie)


def test_un_verrou_perime_n_empeche_pas_de_demarrer(copie):
    """Check that a stale lock file does not prevent starting.

    The server was killed when the machine stopped, and its process number now belongs to another program.
    """
    verrou = donnees(copie)
    (verrou / "postmaster.pid").write_text(f"{os.getpid()}\n{verrou}\n1\n5432\n/tmp\n*\n")
    processus = lancer(copie, 1, "manage", "check")
    assert "no issues" in processus.communicate(timeout=AU_PLUS)[0] and processus.returncode == 0


def test_un_serveur_attend_que_le_precedent_ait_fini_d_ecrire(copie):
    """Check that the lock is kept while one process of the former server is left."""
    verrou = donnees(copie)
    journal, refus = verrou / "serveur.log", 'lock file "postmaster.pid" already exists'
    deja = journal.read_text().count(refus)
    with subprocess.Popen(["cat"], stdin=subprocess.PIPE, cwd=verrou, user=verrou.stat().st_uid) as reste:
        (verrou / "postmaster.pid").write_text(f"{reste.pid}\n{verrou}\n1\n5432\n/tmp\n*\n")
        processus = lancer(copie, 1, "manage", "check")
        attendre_que(lambda: journal.read_text().count(refus) > deja)
        assert reste.poll() is None and processus.poll() is None
        reste.communicate()
        assert "no issues" in processus.communicate(timeout=AU_PLUS)[0] and processus.returncode == 0


def test_une_base_d_une_autre_version_est_refusee_en_une_phrase(copie):
    """Check that a database made by unknown migrations is refused with one message that tells what to do.

    Nothing is changed in the database.
    """
    historique = "from django.db import connection as c, migrations; migrations.recorder.MigrationRecorder(c)"

    def ecrire(methode: str) -> None:
        code = f"{historique}.{methode}('organismes', '0017_nom_de_personne')"
        lancer(copie, 1, "manage", "shell", "-v", "0", "-c", code).communicate(timeout=AU_PLUS)

    try:
        ecrire("record_applied")
        processus = lancer(copie, port_libre())
        dit = processus.communicate(timeout=AU_PLUS)[0]
    finally:
        ecrire("record_unapplied")
    assert processus.returncode == 1
    assert dit.splitlines()[:2] == ["Préparation de la base de données… échec", ""]
    (phrase,) = dit.splitlines()[2:]
    assert "organismes.0017_nom_de_personne" in phrase and "./run reset" in phrase and "Traceback" not in dit


def test_un_port_pris_par_un_autre_programme(copie):
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        prise.listen()
        port = prise.getsockname()[1]
        message, _ = lancer(copie, port).communicate(timeout=AU_PLUS)
    assert f"Le port {port} est déjà pris" in message and "PORT=" in message


def test_effacer_demande_une_fois(copie):
    """Check that the reset asks for confirmation once, and erases nothing when nobody can answer.

    Data too damaged for a server to start can be erased too.
    """
    assert donnees(copie)
    for ferme in (False, True):
        dit = lancer(copie, 1, "reset", ferme=ferme).communicate(timeout=AU_PLUS)[0]
        assert dit.count("Tapez « oui »") <= 1 and "Rien n'a été effacé." in dit and "Traceback" not in dit
    (donnees(copie) / "global" / "pg_control").write_bytes(b"illisible")
    processus = lancer(copie, 1, "reset", entree=subprocess.PIPE)
    dit = processus.communicate("oui\n", timeout=AU_PLUS)[0]
    assert dit.count("Tapez « oui »") == 1 and "Données effacées." in dit and not (copie / "var").exists()


def test_arreter_ce_qui_ne_tourne_pas_et_commande_inconnue(copie):
    assert lancer(copie, 1, "stop").communicate(timeout=AU_PLUS)[0].strip() == "Rien ne tourne."
    inconnue = lancer(copie, 1, "danser")
    assert "./run test" in inconnue.communicate(timeout=AU_PLUS)[0] and inconnue.returncode == 2


def test_un_environnement_sans_python_se_dit_en_une_phrase(copie):
    for commande in ("manage", "test", "lint", "reset"):
        fait = subprocess.run(
            [sys.executable, str(copie / "run"), commande],
            env={**os.environ, "EDOF_VENV": str(copie / "nulle part")},
            capture_output=True,
            text=True,
            timeout=AU_PLUS,
        )
        assert fait.returncode == 1 and "Traceback" not in fait.stderr, fait.stderr
        assert "où il n'y a pas de Python" in fait.stderr, fait.stderr
