"""The sandbox in a real browser: made, a session opened, a day passed, what the public would read."""

import pytest
from playwright.sync_api import Page, expect

from organismes.models import BacASable
from publication.visibilite import publiques
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_essayer_j_plus_un_tout_de_suite(page: Page, monde: Monde):
    entrer(page, monde.gestionnaire.courriel)
    page.goto("/jetons/")
    page.get_by_role("link", name="Essayer sans rien publier").click()
    page.get_by_role("button", name="Créer mon bac à sable").click()
    bandeau = page.get_by_role("region", name="Bac à sable")
    expect(bandeau).to_contain_text("Rien de ce qui s'y publie n'est public")
    assert constater_a_ces_tailles(page, TAILLES, "/bac-a-sable/", []) == []
    page.set_viewport_size(TAILLES[0])
    session = Session.objects.filter(organisme=BacASable.objects.get().organisme).earliest("pk")
    page.goto(f"/catalogue/sessions/{session.pk}/visibilite/")
    page.get_by_role("button", name="Ouvrir à l'inscription").first.click()
    expect(page.get_by_role("status").first).to_contain_text("ouverte")
    page.get_by_role("button", name="Avancer d'un jour").click()
    expect(page.get_by_role("status").first).to_contain_text("1 session parue")
    page.goto("/en-ligne/")
    expect(page.get_by_role("link", name="Formation d'essai")).to_be_visible()
    assert not publiques().exists()
