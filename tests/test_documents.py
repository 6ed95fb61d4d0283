"""The documents name files that are there, and commands that `./run` knows."""

import re
from pathlib import Path

import pytest

RACINE = Path(__file__).parent.parent
DOCUMENTS = ["README.md", "CONTRIBUTING.md"]
FICHIER = re.compile(r"`((?:[\w-]+/)*[\w-]+\.(?:py|md|toml|yml|html)|(?:[\w-]+/)+)`")
# What a program makes, what is elsewhere.
AILLEURS = re.compile(r"^(?:var|application)/")


@pytest.mark.parametrize("nom", DOCUMENTS)
def test_ce_qu_un_document_nomme_existe(nom):
    nommes = {chemin for chemin in FICHIER.findall((RACINE / nom).read_text()) if not AILLEURS.match(chemin)}
    # « `bureau/catalogue/arbre.py`, `filtres.py` »: the second is in the folder of the first.
    apps = [
        RACINE,
        *(RACINE / app for app in ("catalogue", "organismes", "publication", "sessions_app", "edof", "api")),
    ]
    dossiers = [*apps, *(app / "views" for app in apps), *(app / "models" for app in apps)]
    assert [
        chemin for chemin in sorted(nommes) if not any((dossier / chemin).exists() for dossier in dossiers)
    ] == []


@pytest.mark.parametrize("nom", DOCUMENTS)
def test_chaque_commande_nommee_existe(nom):
    commandes = set(re.findall(r"(?:`|^    )\./run (\w+)", (RACINE / nom).read_text(), re.M))
    connues = set(re.findall(r'^        "(\w+)": ', (RACINE / "run").read_text(), re.M))
    assert commandes <= connues, commandes - connues


def test_les_tests_donnes_en_exemple_existent():
    for fichier, motif in re.findall(
        r"\./run test (tests/\S+)(?: -k (\w+))?", (RACINE / "CONTRIBUTING.md").read_text()
    ):
        chemin = RACINE / fichier
        assert chemin.exists(), fichier
        assert not motif or re.search(rf"def test_\w*{motif}", chemin.read_text()), motif
