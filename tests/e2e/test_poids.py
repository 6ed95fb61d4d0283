"""Tests of what a first visit of the catalogue weighs, and of the style sheet and script that are merged."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from edof.statiques import FONDUS
from tests.poids import comme_en_production, premiere_visite, recueillir

# Compressed, in bytes: it weighs 70,100 (docs/mesures.md); the bar was 120,000.
AU_PLUS = 75_000
REGLES = r"""textes => {
  const posees = textes.map((texte) => {
    const feuille = document.head.appendChild(document.createElement("style"));
    feuille.textContent = texte;
    return feuille;
  });
  const regles = posees.flatMap((feuille) => [...feuille.sheet.cssRules]);
  const dites = regles.map((regle) => regle.cssText.replace(/\s+/g, " "));
  for (const feuille of posees) feuille.remove();
  return dites;
}"""


@pytest.fixture
def statiques(tmp_path) -> Iterator[Path]:
    """Collect the static files as in production; return their folder."""
    with comme_en_production(tmp_path):
        recueillir()
        yield tmp_path


def test_la_premiere_visite_du_catalogue_est_legere(monde, connecter, statiques):
    poids = premiere_visite(monde, connecter(monde.gestionnaire), statiques)
    # One style sheet, one font, and the scripts: the one that runs first, htmx, ours.
    noms = sorted(nom.rpartition(".")[2] for nom in poids if nom != "page")
    assert noms == ["css", "js", "js", "js", "svg", "woff2"]
    assert sum(poids.values()) < AU_PLUS, poids


def test_ce_qui_est_fondu_dit_ce_que_disent_ses_parties(navigateur: Browser, statiques):
    page = navigateur.new_page()
    plaintes: list[str] = []
    page.on("pageerror", lambda erreur: plaintes.append(str(erreur)))

    def textes(nom: str) -> list[str]:
        return [(statiques / partie).read_text() for partie in FONDUS[nom][0]]

    feuille, script = ((statiques / nom).read_text() for nom in ("css/site.css", "js/site.js"))
    regles = page.evaluate(REGLES, [feuille])
    assert len(regles) > 600 and regles == page.evaluate(REGLES, textes("css/site.css"))
    page.add_script_tag(content=script)
    noms = re.findall(r"^(?:async )?(?:function|const|let) (\w+)", "\n".join(textes("js/site.js")), re.M)
    page.evaluate("noms => noms.forEach((nom) => (0, eval)(nom))", noms)
    assert len(noms) > 30 and plaintes == []
    page.close()
    # Comments stay behind, but for a licence.
    assert feuille.startswith("/*!\n* Bootstrap") and feuille.count("/*") == 1
    assert not re.search(r"^//", script, re.M)
