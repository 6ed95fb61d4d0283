"""Tests of the tokens and of the documentation of the API in a real browser.

They are run with and without JavaScript, with axe on each page.
"""

import pytest
from playwright.sync_api import Browser, Page, expect

from organismes.models import Jeton
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.e2e.axe import constater
from tests.e2e.conftest import avec_javascript

pytestmark = pytest.mark.django_db(transaction=True)


def test_un_jeton_du_menu_a_sa_revocation(page: Page):
    monde = Monde()
    page.goto("/")
    page.get_by_label("Adresse e-mail").fill(monde.gestionnaire.courriel)
    page.get_by_label("Mot de passe").fill("demo-edof-mot-de-passe")
    page.get_by_role("button", name="Se connecter").click()
    page.locator("summary", has_text="Mon compte").click()
    page.get_by_role("link", name="Jetons et webhooks").click()
    page.get_by_role("link", name="Créer un jeton").click()
    page.get_by_role("button", name="Créer le jeton").click()
    expect(page.get_by_role("link", name="Nom : Ce champ est obligatoire.")).to_be_visible()
    page.get_by_label("Nom", exact=True).fill("Logiciel de planning")
    page.get_by_label("Rédacteur : il saisit et valide").check()
    page.get_by_role("button", name="Créer le jeton").click()
    secret = page.get_by_label("Votre jeton").input_value()
    assert Programme(secret)("GET", "organismes/").status_code == 200
    page.get_by_role("link", name="Je l'ai copié").click()
    expect(page.get_by_role("heading", name="Logiciel de planning")).to_be_visible()
    expect(page.locator("main")).not_to_contain_text(secret)
    page.get_by_role("link", name="Révoquer Logiciel de planning").click()
    page.get_by_role("button", name="Révoquer").click()
    expect(page.get_by_role("status").first).to_contain_text("Le jeton « Logiciel de planning » est révoqué")
    assert Programme(secret)("GET", "organismes/").status_code == 401


def test_la_documentation_s_ouvre_au_clavier(page: Page):
    page.goto("/api/v1/documentation/")
    resume = page.locator("#creer_offres > summary")
    expect(page.locator("#creer_offres .operation-corps")).to_be_hidden()
    resume.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#creer_offres .operation-corps")).to_be_visible()
    expect(page.get_by_role("region", name="Exemple en curl : Créer une offre")).to_contain_text(
        "TSLO14-14247-98569"
    )
    page.locator(".langages").get_by_text("Python").click()
    expect(page.get_by_role("region", name="Exemple en curl : Créer une offre")).to_be_hidden()
    expect(page.get_by_role("region", name="Exemple en Python : Créer une offre")).to_contain_text(
        "requests.post("
    )
    if avec_javascript(page):
        page.keyboard.press("/")
        page.keyboard.type("rejouer livraison")
    else:
        page.get_by_role("searchbox").fill("rejouer livraison")
        page.keyboard.press("Enter")
    expect(page.locator("details.operation:visible")).to_have_count(1)
    expect(page.get_by_role("status")).to_contain_text("1 résultat sur")
    if avec_javascript(page):
        # What an address names is shown, open, whatever was searched.
        page.evaluate("location.hash = 'lire_sessions'")
        expect(page.locator("#lire_sessions .operation-corps")).to_be_visible()
    else:
        page.get_by_role("link", name="Tout montrer").click()
    page.get_by_role("navigation", name="Sommaire de l'API").get_by_role("link", name="Erreurs").click()
    expect(page.get_by_role("heading", name="Erreurs")).to_be_in_viewport()


def test_axe(navigateur: Browser, live_server, client):
    monde = Monde()
    revoque, _ = jeton_de(monde, nom="Ancien")
    revoque.revoquer(monde.gestionnaire)
    jeton, _ = jeton_de(monde)
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    contexte = navigateur.new_context(
        viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
    )
    page = contexte.new_page()
    constats = constater(page, "/api/v1/documentation/", [])
    for adresse in ("erreurs/validation/", "versions/", "?q=serie"):
        constats = constater(page, f"/api/v1/documentation/{adresse}", constats)
    contexte.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    for adresse in ("/jetons/", "/jetons/creer/", f"/jetons/{jeton.pk}/revoquer/"):
        constats = constater(page, adresse, constats)
    page.goto("/jetons/creer/")
    page.get_by_role("button", name="Créer le jeton").click()
    page.locator(".resume").wait_for()
    constats = constater(page, None, constats)
    page.get_by_label("Nom", exact=True).fill("Autre")
    page.get_by_role("button", name="Créer le jeton").click()
    page.get_by_label("Votre jeton").wait_for()
    constats = constater(page, None, constats)
    page.goto("/api/v1/documentation/")
    for nom in (
        "lister_offres",
        "creer_actions",
        "remplacer_actions",
        "supprimer_sessions",
        "retrouver_contacts",
    ):
        page.locator(f"#{nom} > summary").click()
    constats = constater(page, None, constats)
    contexte.close()
    Jeton.objects.all().delete()
    assert constats == []
