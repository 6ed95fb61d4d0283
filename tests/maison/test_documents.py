"""Tests that the documents only name existing files, names, links and commands.

The diagram of the architecture must match the imports.
"""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

RACINE = Path(__file__).parents[2]
DECISIONS = sorted(f"docs/decisions/{chemin.name}" for chemin in (RACINE / "docs" / "decisions").glob("*.md"))
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/donnees-personnelles.md",
    "docs/accessibilite.md",
    *DECISIONS,
]
FICHIER = re.compile(
    r"`((?:[\w-]+/)*[\w-]+(?:\.[\w-]+)*\.(?:py|md|toml|yml|yaml|html|sql|template)|(?:[\w-]+/)+)`"
)
LIEN = re.compile(r"\]\(([\w./-]+?)(?:#[\w-]+)?\)")
# Paths created at run time, or that are outside the repository.
AILLEURS = re.compile(r"^(?:var|application)/")


@pytest.mark.parametrize("nom", DOCUMENTS)
def test_ce_qu_un_document_nomme_existe(nom):
    nommes = {chemin for chemin in FICHIER.findall((RACINE / nom).read_text()) if not AILLEURS.match(chemin)}
    # A file may be named without its folder, as in « `catalogue/cycle_de_vie.py`, `annulation.py` »: it is
    # then looked for in these folders.
    apps = [
        RACINE,
        *(RACINE / app for app in ("catalogue", "organismes", "publication", "sessions_app", "edof", "api")),
    ]
    dossiers = [*apps, *(app / "views" for app in apps), *(app / "models" for app in apps)]
    assert [
        chemin for chemin in sorted(nommes) if not any((dossier / chemin).exists() for dossier in dossiers)
    ] == []


@pytest.mark.parametrize("nom", DOCUMENTS)
def test_chaque_lien_mene_a_un_fichier(nom):
    liens = LIEN.findall((RACINE / nom).read_text())
    assert [lien for lien in liens if not ((RACINE / nom).parent / lien).exists()] == []


@pytest.mark.parametrize("nom", DOCUMENTS)
def test_chaque_commande_nommee_existe(nom):
    commandes = set(re.findall(r"(?:`|^    )\./run ([\w-]+)", (RACINE / nom).read_text(), re.M))
    connues = set(re.findall(r'^        "([\w-]+)": ', (RACINE / "run").read_text(), re.M))
    assert commandes <= connues, commandes - connues


def test_les_tests_donnes_en_exemple_existent():
    for fichier, motif in re.findall(
        r"\./run test (tests/\S+)(?: -k (\w+))?", (RACINE / "CONTRIBUTING.md").read_text()
    ):
        chemin = RACINE / fichier
        assert chemin.exists(), fichier
        assert not motif or re.search(rf"def test_\w*{motif}", chemin.read_text()), motif


# --- Architecture and decisions ---

PIECES = tomllib.loads((RACINE / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
D_AUTRES_PROGRAMMES = {"gthread", "unaccent", "pg_trgm"}


@pytest.fixture(scope="module")
def mots_du_code() -> set[str]:
    """Return every word of the program and of its tests, except those of this file.

    A name that is not among them is not a name of the project.
    """
    dossiers = [RACINE / nom for nom in (*PIECES, "tests")]
    sources = [
        chemin for dossier in dossiers for motif in ("*.py", "*.sql") for chemin in dossier.rglob(motif)
    ]
    sources = [RACINE / "run", *(chemin for chemin in sources if chemin != Path(__file__))]
    return set(re.findall(r"\w+", " ".join(chemin.read_text() for chemin in sources)))


@pytest.mark.parametrize("nom", ["CONTRIBUTING.md", "docs/architecture.md", *DECISIONS])
def test_chaque_nom_cite_est_dans_le_code(nom, mots_du_code):
    cites = set(re.findall(r"`([A-Za-z_]+(?:\.[A-Za-z_]+)*)`", (RACINE / nom).read_text()))
    # File names are checked above. For « Session.statut », the last part is enough.
    noms = {cite for cite in cites if not (RACINE / cite).exists()} - D_AUTRES_PROGRAMMES
    assert sorted(cite for cite in noms if cite.rpartition(".")[2] not in mots_du_code) == []


def test_chaque_decision_est_dans_la_liste():
    liste = (RACINE / "docs" / "decisions" / "README.md").read_text()
    fichiers = [Path(nom).name for nom in DECISIONS if not nom.endswith("README.md")]
    assert re.findall(r"^\| \[\d{4}\]\(([\w-]+\.md)\)", liste, re.M) == fichiers
    for fichier in fichiers:
        texte = (RACINE / "docs" / "decisions" / fichier).read_text()
        assert texte.startswith(f"# {fichier[:4]}. "), fichier
        assert re.findall(r"^\*\*(\w+)\.\*\*", texte, re.M) == [
            "Context",
            "Decision",
            "Consequences",
            "Rejected",
        ], fichier


def importes(arbre: ast.AST) -> Iterator[str]:
    """Yield the modules that this one imports at run time, thus not under TYPE_CHECKING."""
    for noeud in ast.iter_child_nodes(arbre):
        if isinstance(noeud, ast.If) and "TYPE_CHECKING" in ast.unparse(noeud.test):
            continue
        if isinstance(noeud, ast.Import):
            yield from (alias.name for alias in noeud.names)
        elif isinstance(noeud, ast.ImportFrom) and noeud.module and not noeud.level:
            yield noeud.module
        yield from importes(noeud)


def test_le_dessin_est_celui_des_imports():
    """Compare the diagram with the imports.

    The migrations and the administration are left out, as the document states.
    """
    presents = set()
    for piece in PIECES:
        for chemin in (RACINE / piece).rglob("*.py"):
            if not {"migrations", "admin", "admin.py"} & set(chemin.relative_to(RACINE).parts):
                vers = {module.partition(".")[0] for module in importes(ast.parse(chemin.read_text()))}
                presents |= {(piece, autre) for autre in vers & set(PIECES) - {piece}}
    dessin = re.search(r"```mermaid\n(.*?)```", (RACINE / "docs" / "architecture.md").read_text(), re.S)[1]
    dessines = {
        (d, v.strip()) for d, vers in re.findall(r"^ *(\w+) --> (.+)$", dessin, re.M) for v in vers.split("&")
    }
    assert dessines == presents, {"en trop": dessines - presents, "manquent": presents - dessines}
