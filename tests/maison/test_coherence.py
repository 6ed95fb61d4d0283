"""Tests of the source code: what must be written in one place is written nowhere else."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.maison.pieces import PIECES

RACINE = Path(__file__).parents[2]
# The modules that may write a status: the entry point, the transitions, their undo.
PORTE = {
    "catalogue/cycle_de_vie.py",
    "catalogue/models/fiche.py",
    "catalogue/annulation.py",
    "sessions_app/models.py",
}
ETATS = {"statut", "ouverte"}


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Yield the path and the syntax tree of every module of the program, except the migrations."""
    for app in PIECES:
        for fichier in sorted((RACINE / app).rglob("*.py")):
            if "migrations" not in fichier.parts:
                yield str(fichier.relative_to(RACINE)), ast.parse(fichier.read_text())


def ecritures_d_etat(arbre: ast.Module) -> Iterator[int]:
    """Yield the lines that write a status: assignments, `update(statut=...)`, `setattr`, SQL."""
    for noeud in ast.walk(arbre):
        cibles = (
            noeud.targets
            if isinstance(noeud, ast.Assign)
            else [noeud.target]
            if isinstance(noeud, ast.AugAssign)
            else []
        )
        if any(isinstance(cible, ast.Attribute) and cible.attr in ETATS for cible in cibles):
            yield noeud.lineno
        if isinstance(noeud, ast.Call):
            nom = noeud.func.attr if isinstance(noeud.func, ast.Attribute) else getattr(noeud.func, "id", "")
            if nom in {"update", "bulk_update", "update_or_create"} and any(
                mot.arg in ETATS for mot in noeud.keywords
            ):
                yield noeud.lineno
            if (
                nom == "setattr"
                and len(noeud.args) > 1
                and isinstance(noeud.args[1], ast.Constant)
                and noeud.args[1].value in ETATS
            ):
                yield noeud.lineno
        if (
            isinstance(noeud, ast.Constant)
            and isinstance(noeud.value, str)
            and re.search(r"\bSET\b[^;]*\b(statut|ouverte)\s*=", noeud.value)
        ):
            yield noeud.lineno


@pytest.mark.exigence("D-17", "S-38")
def test_nul_n_ecrit_un_statut_hors_de_la_porte():
    fautes = [
        f"{nom}:{ligne}" for nom, arbre in modules() if nom not in PORTE for ligne in ecritures_d_etat(arbre)
    ]
    assert fautes == [], chr(10).join(fautes)


@pytest.mark.parametrize(
    "code",
    [
        "fiche.statut = 'active'",
        "Session.objects.filter(pk=1).update(statut='active')",
        "Session.objects.update(ouverte=True, modifie_le=x)",
        "setattr(fiche, 'statut', 'active')",
        "curseur.execute('UPDATE sessions_app_session SET modifie_le = now(), statut = %s')",
    ],
)
def test_une_ecriture_de_statut_se_voit(code):
    assert list(ecritures_d_etat(ast.parse(code))) == [1]


def test_une_seule_horloge():
    interdits = {
        ("timezone", "now"),
        ("date", "today"),
        ("datetime", "now"),
        ("datetime", "today"),
        ("timezone", "localdate"),
        ("time", "time"),
    }
    fautes = [
        f"{nom}:{noeud.lineno}"
        for nom, arbre in modules()
        if nom not in {"edof/horloge.py", "edof/postgres_embarque.py"}
        for noeud in ast.walk(arbre)
        if isinstance(noeud, ast.Attribute)
        and (getattr(noeud.value, "id", getattr(noeud.value, "attr", "")), noeud.attr) in interdits
    ]
    assert fautes == [], chr(10).join(fautes)


def test_aucun_ecran_ne_part_d_une_requete_sans_organisme():
    """Check that the pages read the records of an organisme through `pour_organisme`."""
    modeles = {"Offre", "Action", "Session", "Contact", "Adresse", "Suppression", "Membre", "Invitation"}
    fautes = []
    for nom, arbre in modules():
        if "views" not in nom and not nom.startswith(("bureau/", "vitrine/")):
            continue
        for noeud in ast.walk(arbre):
            if not (
                isinstance(noeud, ast.Attribute)
                and noeud.attr in {"all", "filter", "get", "exclude", "first"}
            ):
                continue
            source = ast.unparse(noeud.value)
            # Allowed: a query by primary key, or by the row of an outer query, once the record has been found
            # through its organisme.
            cle = any(
                isinstance(n, ast.Call)
                and n.func is noeud
                and (
                    [k.arg for k in n.keywords] in (["pk"], ["pk__in"], ["contexte"])
                    or any("OuterRef(" in ast.unparse(k.value) for k in n.keywords)
                )
                for n in ast.walk(arbre)
            )
            if re.fullmatch(rf"({'|'.join(modeles)})\.objects(\.select_related\(.*\))?", source) and not cle:
                fautes.append(f"{nom}:{noeud.lineno} {source}")
    assert fautes == [], chr(10).join(fautes)


def test_chaque_formulaire_qui_ecrit_dit_pour_quel_organisme():
    """Check that every form that writes begins with `{% signature %}`.

    Forms that do not depend on the organisme (signing out, choosing an organisme) only have the CSRF token.
    """
    sans_organisme = {
        "connexion", "reprise", "invitation", "compte", "adresse_confirmer", "autre_organisme",
        "mot_de_passe_oublie", "mot_de_passe_choisir", "connexion_code", "confirmer",
        "verifier", "bulletin_arreter",
    }  # fmt: skip
    fautes = []
    for chemin in (RACINE / "templates").rglob("*.html"):
        if chemin.stem in sans_organisme or "admin" in chemin.parts:
            continue
        for formulaire in re.findall(r"<form[^>]*method=\"post\".*?</form>", chemin.read_text(), re.S):
            soi = re.search(r"{% url '(deconnexion|choisir_organisme|visite_quitter)' %}", formulaire)
            if ("{% csrf_token %}" if soi else "{% signature %}") not in formulaire:
                fautes.append(f"{chemin.name}: {formulaire[:80]}")
    assert fautes == [], chr(10).join(fautes)


def test_aucune_fusion_ne_reste_a_finir():
    textes = [
        f
        for suffixe in ("py", "html", "css", "js", "md", "txt", "toml", "yml")
        for f in RACINE.rglob(f"*.{suffixe}")
    ]
    nos = [f for f in textes if not {".venv", "var", "node_modules"} & set(f.relative_to(RACINE).parts)]
    assert [
        str(f.relative_to(RACINE))
        for f in nos
        if re.search("^(<{7}|>{7}) ", f.read_text(errors="replace"), re.M)
    ] == []


def test_ni_style_ni_script_en_ligne():
    motif = re.compile(r"<style|\sstyle=|<script>|\son(click|change|submit|load|input)=|javascript:", re.I)
    gabarits = [
        chemin for chemin in (RACINE / "templates").rglob("*.html") if motif.search(chemin.read_text())
    ]
    assert gabarits == []


def test_rien_ne_vient_d_ailleurs():
    """Check that scripts, styles, fonts and images are local. Only links lead to other sites."""
    motif = re.compile(r"<(script|link|img|iframe)[^>]+(src|href)=\"https?:", re.I)
    assert [str(c) for c in (RACINE / "templates").rglob("*.html") if motif.search(c.read_text())] == []
    assert [
        str(c)
        for c in (RACINE / "static" / "css").glob("*.css")
        if re.search(r"url\([\"']?https?:", c.read_text())
    ] == []
