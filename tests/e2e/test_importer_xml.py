"""A catalogue in EDOF's XML in a real browser: in after its warnings are read, out again, taken back."""

from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from catalogue.models import Offre
from demo.certifications import charger_certifications
from organismes.models import Organisme
from sessions_app.models import Session
from tests.conftest import Monde
from tests.echanges.edof_xml import SIRET, octets
from tests.echanges.monde import LE_JOUR
from tests.outils import entrer

GRANDE: ViewportSize = {"width": 1280, "height": 900}
PETITE: ViewportSize = {"width": 360, "height": 740}
DEBORDE = "document.documentElement.scrollWidth > innerWidth"


@pytest.mark.parametrize(
    ("page", "taille"),
    [(True, GRANDE), (False, PETITE)],
    indirect=["page"],
    ids=["avec-javascript", "sans-javascript-360"],
)
def test_du_xml_aux_sessions_puis_retour(
    page: Page, taille: ViewportSize, monde: Monde, settings: Any
) -> None:
    settings.EDOF_AUJOURDHUI = LE_JOUR
    charger_certifications()
    Organisme.objects.update(siret=SIRET)
    page.set_viewport_size(taille)
    entrer(page, monde.gestionnaire.courriel, vers="/catalogue/importer/")
    fichier = {"name": "catalogue.xml", "mimeType": "application/xml", "buffer": octets("06")}
    page.get_by_label("Fichier").set_input_files(fichier)
    page.get_by_role("button", name="Voir ce qu'il ferait").click()
    principal = page.locator("main")
    expect(principal).to_contain_text("Catalogue au format d'EDOF")
    # What EDOF would refuse, what is read as nothing, what is left to complete.
    page.get_by_role("link", name="Créations 14").click()
    expect(page.get_by_text("Mêmes dates que « D-10133-B » (10133).")).to_be_visible()
    expect(page.get_by_text("La date « 00000000 » veut dire « inconnue »")).to_be_visible()
    expect(page.get_by_text("une session d'un seul jour n'est pas admise ici")).to_be_visible()
    page.get_by_role("link", name="Erreurs 2").click()
    expect(principal).to_contain_text("La date « 31/02/2027 » n'existe pas.")
    assert page.evaluate(DEBORDE) is False
    page.get_by_label("Du, ligne 34").fill("27/02/2027")
    page.get_by_label("Du, ligne 34").press("Enter")
    expect(principal).to_contain_text("Réparée : la ligne sera créée")
    assert not Session.objects.exists()
    page.get_by_role("button", name="Appliquer 15 lignes").click()
    expect(page.get_by_role("heading", name="15 créations, 0 modification")).to_be_visible()
    assert Session.objects.filter(identifiant="D-FEV31", statut="validee").exists()
    assert page.evaluate(DEBORDE) is False
    suivi = page.url
    page.goto("/catalogue/exporter/")
    page.get_by_text("Deux sessions de l'action aux mêmes dates").click()
    expect(page.get_by_role("link", name="D-10133-A")).to_be_visible()
    with page.expect_download() as telechargement:
        page.get_by_role("link", name="Exporter quand même").click()
    assert b'numero="D-10133-A"' in telechargement.value.path().read_bytes()
    page.goto(suivi)
    page.get_by_role("button", name="Annuler l'import").click()
    expect(principal).to_contain_text("15 remises comme avant")
    assert not Session.objects.exists()
    assert not Offre.objects.filter(identifiant="DATES").exists()
