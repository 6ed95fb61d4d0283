"""Tests of the installed packages: locked by hash, without a URL, compared with advisories."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.outils import port_libre

RACINE = Path(__file__).parents[2]


def test_les_verrous_ont_des_empreintes_et_aucune_adresse():
    for fichier in (RACINE / "requirements").glob("*.txt"):
        texte = fichier.read_text()
        assert not re.search(r"://|--(extra-)?index|--find-links|file:", texte), fichier
        for exigence in re.split(r"\n(?=\S)", texte.strip()):
            assert "==" in exigence and "--hash=sha256:" in exigence, exigence[:80]
    assert not any((RACINE / nom).exists() for nom in ("uv.lock", "pylock.toml"))


def test_une_seule_machine_a_etats():
    noms = {(d.metadata["Name"] or "").lower() for d in importlib.metadata.distributions()}
    assert "django-fsm-2" in noms and "django-fsm" not in noms


# --- Advisories (.ci/auditer.py) ---


def avis(**touchee):
    paquet = {"name": "django", "ecosystem": "PyPI"}
    return {
        "schema_version": "1.6.0", "id": "PYSEC-2021-98", "modified": "2021-06-22T00:00:00Z", "summary": "x",
        "affected": [{"package": paquet, **touchee}],
    }  # fmt: skip


def auditer(tmp_path, exigences, *connus, **environnement):
    """Run the audit of these requirements, against this list of advisories when there is one."""
    (tmp_path / "r.txt").write_text(exigences)
    if connus:
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for rang, un in enumerate(connus):
                archive.writestr(f"{rang}.json", json.dumps(un))
        environnement["AVIS"] = str(tmp_path / "all.zip")
    return subprocess.run(
        [sys.executable, ".ci/auditer.py", str(tmp_path / "r.txt")], cwd=RACINE,
        env={**os.environ, **environnement}, capture_output=True, text=True, timeout=300,
    )  # fmt: skip


BORNES = {"ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "3.2"}, {"fixed": "3.2.4"}]}]}


@pytest.mark.parametrize(
    ("figee", "touchee", "vulnerable"),
    [
        ("django==3.2.0", BORNES, True),
        ("django==3.2.0", {"versions": ["3.2"]}, True),
        ("django==3.2.4", BORNES, False),
        ("django==3.1", BORNES, False),
        ("celery==3.2.0", BORNES, False),
    ],
)
def test_une_dependance_connue_vulnerable_echoue(tmp_path, figee, touchee, vulnerable):
    fait = auditer(tmp_path, f"{figee}\n", avis(**touchee))
    assert "1 avis dans all.zip, le dernier du 2021-06-22" in fait.stdout, fait.stderr
    assert fait.returncode == vulnerable and ("PYSEC-2021-98" in fait.stdout) is vulnerable, fait.stdout


def test_sans_source_d_avis_c_est_dit_et_rien_n_echoue(tmp_path):
    personne = f"http://127.0.0.1:{port_libre()}"
    fait = auditer(tmp_path, "django==3.2.0\n", PIP_AUDIT_OSV_URL=personne, HTTPS_PROXY=personne, AVIS="")
    assert fait.returncode == 0 and "Aucune source d'avis ne répond" in fait.stdout, fait.stderr
