"""Test of the release before on the tables of this one: both run while machines are replaced.

`migrate` comes first (docs/exploitation/mettre-a-jour.md), so it is the code before that meets new tables,
until it is stopped. What it reads and writes then is tried here; what a migration may not do is in
test_migrations.py.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attaques import url_de_la_base
from tests.base import base_neuve

RACINE = Path(__file__).parents[2]
# The last release, tag or commit: moved by each release (CONTRIBUTING.md, « A release »).
PRECEDENTE = "98d92c5256fb8237d95cd209f6d0232abdbd5179"
PARCOURS = Path("tests") / "parcours.py"


def _git(*mots: str) -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(["git", *mots], cwd=RACINE, capture_output=True, check=False)


@pytest.mark.django_db(transaction=True)
def test_la_version_d_avant_travaille_sur_les_tables_de_celle_ci(tmp_path: Path) -> None:
    # An archive of the sources, or a clone without its past: the test is for who writes migrations.
    archive = _git("archive", PRECEDENTE)
    if archive.returncode:
        sys.stdout.write(f"La version {PRECEDENTE} n'est pas dans cette copie : rien n'est comparé.\n")
        return
    ou = ("--", "*/migrations/*")
    if not (
        _git("diff", "--quiet", PRECEDENTE, *ou).returncode
        or _git("ls-files", "--others", "--exclude-standard", *ou).stdout
    ):
        return
    subprocess.run(["tar", "x", "-C", str(tmp_path)], input=archive.stdout, check=True)
    # A release older than the path is walked as this one does.
    if not (tmp_path / PARCOURS).exists():
        (tmp_path / PARCOURS).write_bytes((RACINE / PARCOURS).read_bytes())
    with base_neuve("precedente") as base:
        fait = subprocess.run(
            [sys.executable, "-m", "tests.parcours"],
            cwd=tmp_path,
            env=os.environ
            | {"DATABASE_URL": url_de_la_base(base), "EDOF_VAR": str(tmp_path / "var"), "DEBUG": "1"},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    assert fait.returncode == 0, fait.stdout[-3000:] + fait.stderr[-5000:]
