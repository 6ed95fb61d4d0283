"""Tests that each requirement of docs/exigences.md has a test marked with its identifier.

The others must be listed there as « pas encore ».
"""

import ast
import re
from collections import Counter
from pathlib import Path

TESTS = Path(__file__).parents[1]
DOCUMENT = TESTS.parent / "docs" / "exigences.md"
ATTENDUES = {f"S-{n:02d}" for n in range(1, 129)} | {
    f"D-{n:02d}" for n in (*range(1, 18), *range(20, 27), *range(30, 36), *range(40, 50))
}


def enoncees() -> list[str]:
    """Return the identifiers in the tables."""
    return re.findall(r"^\| ([SD]-\d+) \|", DOCUMENT.read_text(), re.M)


def pas_encore() -> set[str]:
    """Return the identifiers in the last list."""
    return set(re.findall(r"^- ([SD]-\d+) :", DOCUMENT.read_text(), re.M))


def marquees(dossier: Path) -> set[str]:
    """Return the identifiers that the markers name, read without running the tests."""
    trouvees = set()
    for fichier in dossier.rglob("test_*.py"):
        for noeud in ast.walk(ast.parse(fichier.read_text())):
            if isinstance(noeud, ast.Call) and ast.unparse(noeud.func) == "pytest.mark.exigence":
                trouvees |= {argument.value for argument in noeud.args if isinstance(argument, ast.Constant)}
    return trouvees


def test_le_document_enonce_tout_une_fois():
    assert [nom for nom, fois in Counter(enoncees()).items() if fois > 1] == []
    assert set(enoncees()) == ATTENDUES


def test_chaque_enonce_est_prouve_ou_annonce():
    prouvees = marquees(TESTS)
    assert prouvees - ATTENDUES == set(), "un marqueur ne désigne aucun énoncé"
    assert ATTENDUES - prouvees - pas_encore() == set(), (
        "marquez un test, ou ajoutez une ligne à « Pas encore »"
    )
    assert pas_encore() & prouvees == set(), "ces énoncés sont prouvés : retirez-les de « Pas encore »"


def test_les_marqueurs_sont_bien_lus(tmp_path):
    (tmp_path / "test_x.py").write_text(
        'import pytest\n@pytest.mark.exigence("S-01", "D-02")\ndef test_a(): pass\n'
    )
    assert marquees(tmp_path) == {"S-01", "D-02"}
