"""Tests of docs/accessibilite.md: each criterion of RGAA once, its tests exist; what templates never do."""

import datetime as dt
import re
from collections import Counter
from pathlib import Path

import pytest

from edof.templatetags.affichage import date_longue

RACINE = Path(__file__).parents[2]
DOCUMENT = (RACINE / "docs" / "accessibilite.md").read_text()
LIGNE = re.compile(r"^\| (\d+\.\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)
# How many criteria each theme has.
THEMES = (9, 2, 3, 13, 8, 2, 5, 10, 4, 14, 13, 11, 12)
GABARITS = list((RACINE / "templates").rglob("*.html"))


def test_chaque_critere_est_dit_une_fois():
    attendus = [f"{theme}.{n}" for theme, nombre in enumerate(THEMES, 1) for n in range(1, nombre + 1)]
    assert len(attendus) == 106
    assert [numero for numero, *_ in LIGNE.findall(DOCUMENT)] == attendus


def test_chaque_etat_a_sa_preuve_ou_sa_date():
    for numero, _, etat, _, preuve in LIGNE.findall(DOCUMENT):
        if etat == "tested":
            assert (RACINE / preuve.strip("`")).exists(), numero
        elif etat in {"read", "examined", "mended"}:
            assert dt.date.fromisoformat(preuve), numero
        else:
            assert etat == "n/a" and preuve == "-", numero


def test_les_nombres_sont_ceux_du_tableau():
    comptes = Counter(etat for _, _, etat, *_ in LIGNE.findall(DOCUMENT))
    dits = {
        etat: int(nombre)
        for nombre, etat in re.findall(r"(\d+) (tested|read|examined|mended|n/a)[,.]", DOCUMENT)
    }
    assert dits == comptes


def test_la_declaration_dit_le_jour_de_l_examen_et_sa_limite():
    """What was examined is not an audit: without what the operator says, the page says both."""
    page = " ".join((RACINE / "templates" / "vitrine" / "accessibilite.html").read_text().split())
    jours = {preuve for _, _, etat, _, preuve in LIGNE.findall(DOCUMENT) if etat in {"examined", "mended"}}
    assert f"examiné le {date_longue(max(map(dt.date.fromisoformat, jours)))}" in page
    assert "sans qu'une personne qui se sert d'un lecteur d'écran l'essaie" in page
    assert "Cela ne remplace pas l'audit" in page and "<strong>Non conforme</strong>" in page


@pytest.mark.parametrize(
    "motif", ["<iframe", "<video", "<audio", "<object", "accesskey", 'target="_blank"', "<marquee", "<blink"]
)
def test_ce_que_les_gabarits_ne_font_pas(motif):
    assert [gabarit.name for gabarit in GABARITS if motif in gabarit.read_text()] == []


def test_chaque_tableau_a_un_titre():
    sans = []
    for gabarit in GABARITS:
        texte = gabarit.read_text()
        for un in re.finditer(r"<table\b[^>]*>", texte):
            if "aria-label" not in un.group() and "<caption" not in texte[un.end() : un.end() + 200]:
                sans.append(gabarit.name)
    assert sans == []
