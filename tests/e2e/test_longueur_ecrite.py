"""Test that the script counts what EDOF would count as the program does (D-43)."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from edof.texte_leger import longueur_pour_edof

SCRIPT = Path(__file__).parents[2] / "static" / "js" / "saisie.js"
LONG = "Un programme de formation, avec ses objectifs et ses moyens. " * 45


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
@pytest.mark.parametrize(
    "texte",
    [
        f"{LONG}\n\n{LONG[:200]}",
        f"{LONG}\n{LONG[:100]}\n\n- un\n- **deux**\n- trois\n\nfin & suite < 3",
        "\n".join(f"- Point {rang} du programme" for rang in range(110)),
        f"**{LONG[:100].strip()}**\n\n{LONG}\n\n\n{LONG[:90]}",
    ],
)
def test_le_script_compte_comme_le_programme(page: Page, texte):
    page.set_content("<p></p>")
    page.add_script_tag(path=SCRIPT)
    assert page.evaluate("texte => longueurEcrite(texte)", texte) == longueur_pour_edof(texte)
