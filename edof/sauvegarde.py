"""Backups of the database: written whole or not at all, checked, kept for a while; and put back.

They are archives of `pg_dump`, without owners nor rights: they can be restored under any role. What is
not in the database is made again from it: the files of the open data, the static files.
"""

import contextlib
import datetime as dt
import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from django.db import connection

from edof.horloge import instant_de_la_base
from edof.postgres_embarque import Impossible, binaires

FORME = "catalogue-{:%Y-%m-%d-%H%M%S}.dump"
TOUTES = "catalogue-*.dump"


class SauvegardeImpossible(Exception):
    """The backup or the restoration cannot be done. The message gives the cause, in French."""


def sauvegarder(dossier: Path, garder: int) -> Path:
    """Write a backup in `dossier` and check that it reads; return its path.

    All but the `garder` latest ones are deleted. Raise SauvegardeImpossible when PostgreSQL refuses, or when
    the folder cannot be written.
    """
    try:
        dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as erreur:
        raise SauvegardeImpossible(
            f"« {dossier} » ne peut pas être fait : donnez un dossier où ce compte peut écrire."
        ) from erreur
    chemin = dossier / FORME.format(instant_de_la_base())
    partiel = chemin.with_suffix(".partiel")
    try:
        partiel.touch(mode=0o600)
        _lancer("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={partiel}")
        _lancer("pg_restore", "--list", str(partiel))
        partiel.rename(chemin)
    finally:
        partiel.unlink(missing_ok=True)
    for ancienne in sorted(dossier.glob(TOUTES))[:-garder]:
        ancienne.unlink(missing_ok=True)
    return chemin


def restaurer(fichier: Path) -> None:
    """Put a backup back into the database, which must be empty, in one transaction.

    Raise SauvegardeImpossible when the database holds tables already, or when there is no backup in the file.
    """
    if connection.introspection.table_names():
        raise SauvegardeImpossible(
            "La base contient déjà des tables : restaurez dans une base vide, que DATABASE_URL désigne."
        )
    if not fichier.is_file():
        raise SauvegardeImpossible(f"« {fichier} » n'est pas un fichier : donnez celui d'une sauvegarde.")
    _rejouer(fichier)
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")


def derniere(dossier: Path) -> dt.datetime | None:
    """Return when the latest backup of the folder was written, None without one."""
    instants = [dt.datetime.fromtimestamp(f.stat().st_mtime, dt.UTC) for f in dossier.glob(TOUTES)]
    return max(instants, default=None)


# What the tools say of their own session since PostgreSQL 17, and former servers refuse.
RECENT = b"SET transaction_timeout = 0;\n"


def _rejouer(fichier: Path) -> None:
    """Have psql carry out what `pg_restore` writes, without what a server older than the tools refuses.

    Nothing stays unless everything was read and carried out, even when this process is killed meanwhile.
    """
    with tempfile.TemporaryFile() as dit:
        lecture = subprocess.Popen(
            [_chemin("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(fichier)],
            env=_environnement(),
            stdout=subprocess.PIPE,
            stderr=dit,
        )
        ecriture = subprocess.Popen(
            [_chemin("psql"), "--no-psqlrc", "--quiet", "--set=ON_ERROR_STOP=1"],
            env=_environnement(),
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=dit,
        )
        assert lecture.stdout and ecriture.stdin
        a_oter = connection.pg_version < 170_000  # type: ignore[attr-defined]
        with contextlib.suppress(BrokenPipeError), lecture.stdout, ecriture.stdin:
            ecriture.stdin.write(b"BEGIN;\n")
            for ligne in lecture.stdout:
                if a_oter and ligne == RECENT:
                    # The first one, which comes before any row.
                    a_oter = False
                else:
                    ecriture.stdin.write(ligne)
            if lecture.wait() == 0:
                ecriture.stdin.write(b"COMMIT;\n")
        if lecture.wait() or ecriture.wait():
            dit.seek(0)
            raise SauvegardeImpossible(f"La base n'a pas été restaurée : {_fin(dit.read())}")


def _environnement() -> dict[str, str]:
    base: dict[str, Any] = connection.settings_dict
    return {
        **os.environ,
        **{
            variable: str(base[nom])
            for variable, nom in (
                ("PGHOST", "HOST"),
                ("PGPORT", "PORT"),
                ("PGUSER", "USER"),
                ("PGPASSWORD", "PASSWORD"),
                ("PGDATABASE", "NAME"),
            )
            if base[nom]
        },
        "LC_ALL": "C",
    }


def _lancer(outil: str, *options: str) -> None:
    fait = subprocess.run([_chemin(outil), *options], env=_environnement(), capture_output=True, check=False)
    if fait.returncode:
        raise SauvegardeImpossible(f"{outil} a échoué : {_fin(fait.stderr)}")


def _fin(dit: bytes) -> str:
    return dit.decode(errors="replace").strip()[-2000:]


def _chemin(outil: str) -> str:
    # The tools of the embedded server are recent, and read every earlier server.
    try:
        return str(binaires() / outil)
    except Impossible:
        pass
    if chemin := shutil.which(outil):
        return chemin
    raise SauvegardeImpossible(
        f"{outil} est absent : installez les outils de PostgreSQL (postgresql-client)."
    )
