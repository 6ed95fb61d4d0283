"""Two embedded PostgreSQL servers in streaming replication, apart from the server of the tests."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from edof.postgres_embarque import Serveur

# Nothing else lets a replica in.
ACCES = "local replication all trust\n"


class Primaire(Serveur):
    """A primary that accepts replicas on its socket."""

    def _initialiser(self) -> None:
        neuf = not (self.donnees / "PG_VERSION").exists()
        super()._initialiser()
        if neuf:
            with (self.donnees / "pg_hba.conf").open("a") as acces:
                acces.write(ACCES)

    def tuer(self) -> None:
        """Stop the server as a crash does."""
        self._commande("pg_ctl", "-D", str(self.donnees), "-m", "immediate", "-w", "stop")


class Replique(Primaire):
    """A hot standby of a primary that runs, copied from it by pg_basebackup."""

    def __init__(self, var: Path, primaire: Primaire) -> None:
        super().__init__(var)
        self.primaire = primaire

    def _initialiser(self) -> None:
        if (self.donnees / "PG_VERSION").exists():
            return
        shutil.rmtree(self.donnees, ignore_errors=True)
        self._dossier(self.etat, 0o755 if self.compte else 0o700)
        self._dossier(self.donnees, 0o700)
        # -R writes how to follow the primary.
        ou = ("-h", str(self.primaire.socket), "-U", "edof", "-D", str(self.donnees))
        self._commande("pg_basebackup", *ou, "-R", "-X", "stream", "-c", "fast")


@contextmanager
def primaire_vide(var: Path) -> Iterator[Primaire]:
    """Yield a primary that runs, without data; they are deleted afterwards."""
    primaire = Primaire(var / "primaire")
    primaire.effacer()
    with primaire.en_usage():
        try:
            yield primaire
        finally:
            primaire.effacer()


@contextmanager
def replique_de(primaire: Primaire, var: Path) -> Iterator[Replique]:
    """Yield a replica of this primary, that runs; its data are deleted afterwards."""
    replique = Replique(var / "replique", primaire)
    replique.effacer()
    with replique.en_usage():
        try:
            yield replique
        finally:
            replique.effacer()
