"""« Créer une série » in a real browser, with and without JavaScript: shown, mended, created, taken back."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740})


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_douze_sessions_en_une_fois(page: Page, monde: Monde):
    monde.session("S-02")
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    page.get_by_role("link", name=re.compile("Créer une série")).first.click()
    expect(page.get_by_role("heading", name="Créer une série de sessions")).to_be_visible()
    page.get_by_role("checkbox", name="Vacances scolaires").uncheck()
    page.get_by_role("checkbox", name="Jours fériés").uncheck()
    page.get_by_label("Modèle des identifiants").fill("S-{N:02}")
    page.get_by_label("Modèle des identifiants").blur()
    page.get_by_role("button", name="Voir l'aperçu").click()
    expect(page.locator("#serie-apercu")).to_contain_text("Cet identifiant est déjà utilisé")
    pris = page.locator("[aria-invalid=true][name^=identifiant-]")
    pris.fill("S-02-B")
    pris.blur()
    page.get_by_role("button", name=re.compile("Créer ")).click()
    expect(page.get_by_role("status").first).to_contain_text("sessions ont été créées")
    nombre = monde.action.sessions.exclude(serie=None).count()
    assert nombre >= 12 and monde.action.sessions.filter(identifiant="S-02-B").exists()
    page.get_by_role("button", name="Annuler").first.click()
    expect(page.get_by_role("status").first).to_contain_text("La création de la série a été annulée")
    assert not monde.action.sessions.exclude(serie=None).exists()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_axe_et_les_largeurs(page: Page, monde: Monde):
    entrer(page, monde.gestionnaire.courriel)
    constats: list[str] = []
    tailles = (*TAILLES, {"width": 320, "height": 640})
    serie = f"/catalogue/actions/{monde.action.pk}/serie/"
    constats = constater_a_ces_tailles(page, tailles, serie, constats)
    page.get_by_label("Par semaines").check()
    expect(page.locator("#serie-phrase")).to_contain_text("Chaque semaine, le lundi")
    page.get_by_role("textbox", name="À partir du").fill("hier")
    page.get_by_role("button", name=re.compile("Créer ")).click()
    page.locator(".resume").wait_for()
    constats = constater_a_ces_tailles(page, tailles, None, constats)
    assert constats == []
