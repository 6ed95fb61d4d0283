"""Backups of the database: written whole or not at all, checked, kept for a while; and put back.

They are archives of `pg_dump`, without owners nor rights: they can be restored under any role. What is
not in the database is made again from it: the files of the open data, the static files.
"""

import datetime as dt
import os
import shutil
import subprocess
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

    All but the `garder` latest ones are deleted. Raise SauvegardeImpossible when PostgreSQL refuses.
    """
    dossier.mkdir(mode=0o700, parents=True, exist_ok=True)
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

    Raise SauvegardeImpossible when the database holds tables already, or when the file is no backup.
    """
    if connection.introspection.table_names():
        raise SauvegardeImpossible(
            "La base contient déjà des tables : restaurez dans une base vide, que DATABASE_URL désigne."
        )
    _lancer(
        "pg_restore",
        "--single-transaction",
        "--exit-on-error",
        "--no-owner",
        "--no-privileges",
        f"--dbname={connection.settings_dict['NAME']}",
        str(fichier),
    )
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")


def derniere(dossier: Path) -> dt.datetime | None:
    """Return when the latest backup of the folder was written, None without one."""
    instants = [dt.datetime.fromtimestamp(f.stat().st_mtime, dt.UTC) for f in dossier.glob(TOUTES)]
    return max(instants, default=None)


def _lancer(outil: str, *options: str) -> None:
    base: dict[str, Any] = connection.settings_dict
    environnement = {
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
    fait = subprocess.run(
        [_chemin(outil), *options], env=environnement, capture_output=True, text=True, check=False
    )
    if fait.returncode:
        raise SauvegardeImpossible(f"{outil} a échoué : {fait.stderr.strip()[-2000:]}")


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
