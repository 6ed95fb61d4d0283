"""Tests of the installed packages: locked by hash, without a URL, and a single state machine library."""

import importlib.metadata
import re
from pathlib import Path

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
