"""Tests that imports in a forbidden direction are refused, also in a new module."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.maison.pieces import PIECES

RACINE = Path(__file__).parents[2]
BIN = Path(sys.executable).parent


@pytest.fixture
def copie(tmp_path: Path) -> Path:
    """Return a copy of the packages and of the configuration, which the test may alter."""
    sans = shutil.ignore_patterns("__pycache__", "*.pyc")
    for room in PIECES:
        shutil.copytree(RACINE / room, tmp_path / room, ignore=sans)
    shutil.copy(RACINE / "pyproject.toml", tmp_path)
    return tmp_path


def lancer(outil: str, *arguments: str, dossier: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(BIN / outil), *arguments], cwd=dossier, capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.parametrize(
    ("module", "importe", "refuse"),
    [
        (
            "organismes/neuf.py",
            "from catalogue.models import Offre",
            "organismes is not allowed to import catalogue",
        ),
        ("catalogue/neuf.py", "import bureau.menu", "catalogue is not allowed to import bureau"),
        ("edof/neuf.py", "from api.problemes import en_probleme", "edof is not allowed to import api"),
        ("bureau/neuf.py", "from api.champs import Champ", "bureau is not allowed to import api"),
    ],
)
def test_un_import_qui_monte_est_refuse(copie: Path, module: str, importe: str, refuse: str):
    (copie / module).write_text(f'"""Neuf."""\n\n{importe}\n')
    fait = lancer("lint-imports", "--no-cache", dossier=copie)
    assert fait.returncode and refuse in fait.stdout, fait.stdout[-2000:]


def test_sous_les_ecrans_personne_ne_connait_les_requetes(copie: Path):
    (copie / "publication" / "neuf.py").write_text(
        "from django.http import HttpRequest\n\nVU = HttpRequest\n"
    )
    fait = lancer("ruff", "check", "--no-cache", "publication", dossier=copie)
    assert fait.returncode and "TID251" in fait.stdout
