"""Tests of the search for secrets by gitleaks: each kind is seen, and the history has none."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

RACINE = Path(__file__).parents[2]
# One example of each kind, written so that this file holds none.
EXEMPLES = {
    "clé privée": "-----BEGIN RSA "
    + "PRIVATE KEY-----\n"
    + "MIIE" * 30
    + "\n-----END RSA "
    + "PRIVATE KEY-----",
    "jeton de l'API": "edof_" + "0a" * 32,
    "clé d'un nuage": "AKIA" + "QX4Z" * 4,
    "jeton d'une forge": "ghp_" + "a1B2c3D4e5F6" * 3,
    "jeton d'un registre": "npm_" + "a1b2c3d4e5f6" * 3,
    "secret d'un webhook": "whsec_" + "aB3/" * 11,
    "jeton de messagerie": "xoxb-" + "1234567890-" * 2 + "aB3dE6gH9jK2mN5pQ8sT1vW4",
    "mot de passe d'une adresse": "postgres://edof:" + "Xk29dkLq0a7Z" + "@base.example/edof",
    "secret écrit": "api_key = '" + "k3j4h5x9c7v2b8n1m6q0w4e8r" + "'",
}


@pytest.fixture
def fuites(tmp_path):
    """Return what gitleaks finds in a folder: rule, file, commit."""
    if not shutil.which("gitleaks"):
        pytest.skip("gitleaks n'est pas installé")

    def fuites(ou: Path, *options: str) -> list[tuple[str, str, str]]:
        rapport = tmp_path / "rapport.json"
        fait = subprocess.run(
            [
                "gitleaks", "detect", "--source", str(ou), "--config", str(RACINE / ".gitleaks.toml"),
                "--no-banner", "--redact", "--report-format", "json", "--report-path", str(rapport), *options,
            ],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert rapport.exists(), fait.stderr
        lues = json.loads(rapport.read_text())
        assert fait.returncode == bool(lues), fait.stderr
        return [(fuite["RuleID"], fuite["File"], fuite["Commit"]) for fuite in lues]

    return fuites


def test_chaque_genre_se_voit(fuites, tmp_path):
    dossier = tmp_path / "exemples"
    dossier.mkdir()
    for rang, exemple in enumerate(EXEMPLES.values()):
        (dossier / f"{rang}.txt").write_text(f"{exemple}\n")
    vus = {Path(fichier).stem for _, fichier, _ in fuites(dossier, "--no-git")}
    assert [genre for rang, genre in enumerate(EXEMPLES) if str(rang) not in vus] == []


def test_aucun_secret_dans_l_historique(fuites):
    assert fuites(RACINE) == []


def test_aucun_fichier_de_secrets_n_est_suivi():
    suivis = subprocess.run(["git", "ls-files"], cwd=RACINE, capture_output=True, text=True, check=False)
    douteux = re.compile(r"(?:^|/)(?:\.env|id_[a-z0-9]+|[^/]+\.(?:pem|key|p12|pfx|dump|sqlite3?))$")
    assert [nom for nom in suivis.stdout.splitlines() if douteux.search(nom)] == []
