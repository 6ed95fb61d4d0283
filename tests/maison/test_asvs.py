"""Tests of docs/securite.md: each requirement of ASVS 5.0, level 2, once, with tests that exist."""

import re
from pathlib import Path

RACINE = Path(__file__).parents[2]
LIGNE = re.compile(r"^\| ([\d., to]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|([^|]*)\|$", re.M)
# Chapter and section: the numbers of its requirements of levels 1 and 2. The gaps are of level 3.
EXIGENCES = {
    "1.1": "1-2", "1.2": "1-9", "1.3": "1-11", "1.4": "1-3", "1.5": "1-2",
    "2.1": "1-3", "2.2": "1-3", "2.3": "1-4", "2.4": "1",
    "3.2": "1-2", "3.3": "1-4", "3.4": "1-6", "3.5": "1-5", "3.7": "1-2",
    "4.1": "1-3", "4.2": "1", "4.3": "1-2", "4.4": "1-4",
    "5.1": "1", "5.2": "1-3", "5.3": "1-2", "5.4": "1-3",
    "6.1": "1-3", "6.2": "1-12", "6.3": "1-4", "6.4": "1-4", "6.5": "1-5", "6.6": "1-3", "6.8": "1-4",
    "7.1": "1-3", "7.2": "1-4", "7.3": "1-2", "7.4": "1-5", "7.5": "1-2", "7.6": "1-2",
    "8.1": "1-2", "8.2": "1-3", "8.3": "1", "8.4": "1", "9.1": "1-3", "9.2": "1-4",
    "10.1": "1-2", "10.2": "1-2", "10.3": "1-4", "10.4": "1-11", "10.5": "1-5", "10.6": "1-2", "10.7": "1-3",
    "11.1": "1-2", "11.2": "1-3", "11.3": "1-3", "11.4": "1-4", "11.5": "1", "11.6": "1",
    "12.1": "1-3", "12.2": "1-2", "12.3": "1-4",
    "13.1": "1", "13.2": "1-5", "13.3": "1-2", "13.4": "1-5", "14.1": "1-2", "14.2": "1-4", "14.3": "1-3",
    "15.1": "1-3", "15.2": "1-3", "15.3": "1-7",
    "16.1": "1", "16.2": "1-5", "16.3": "1-4", "16.4": "1-3", "16.5": "1-3",
    "17.1": "1", "17.2": "1-4", "17.3": "1-2",
}  # fmt: skip


def attendues() -> list[str]:
    """Return the number of each requirement of the two levels, in order."""
    numeros = []
    for section, suite in EXIGENCES.items():
        premier, _, dernier = suite.partition("-")
        numeros += [f"{section}.{n}" for n in range(int(premier), int(dernier or premier) + 1)]
    return numeros


def dites(cellule: str) -> list[str]:
    """Return the numbers that « 1.2.6 to 1.2.8 » or « 4.3.1, 4.3.2 » stand for."""
    premier, _, dernier = cellule.partition(" to ")
    if not dernier:
        return cellule.split(", ")
    section, debut = premier.rsplit(".", 1)
    return [f"{section}.{n}" for n in range(int(debut), int(dernier.rsplit(".", 1)[1]) + 1)]


def lignes() -> list[tuple[str, ...]]:
    return LIGNE.findall((RACINE / "docs" / "securite.md").read_text())


def test_chaque_exigence_est_dite_une_fois():
    assert [numero for cellule, *_ in lignes() for numero in dites(cellule)] == attendues()


def test_chaque_etat_a_sa_raison_et_sa_preuve():
    for numero, _, etat, raison, preuve in lignes():
        assert etat in {"met", "n/a", "refused"} and raison.strip(), numero
        assert etat != "met" or preuve.strip(), numero


def test_chaque_test_cite_existe():
    for cite in re.findall(r"`(tests/[^`]+)`", (RACINE / "docs" / "securite.md").read_text()):
        fichier, _, nom = cite.partition("::")
        assert (RACINE / fichier).exists(), cite
        assert not nom or f"def {nom}(" in (RACINE / fichier).read_text(), cite
