"""Test of a webhook in Chromium, with and without JavaScript, wide and on a telephone: its whole life."""

import pytest
from playwright.sync_api import Page, expect
from standardwebhooks import Webhook

from crochets.models import Abonnement
from crochets.ronde import livrer
from tests.conftest import Monde
from tests.crochets.recepteur import recevoir
from tests.e2e.conftest import avec_javascript
from tests.outils import se_connecter

pytestmark = pytest.mark.django_db(transaction=True)

LARGE, TELEPHONE = {"width": 1280, "height": 900}, {"width": 360, "height": 740}


def en(page: Page, taille: dict[str, int]) -> None:
    """Give the window this size; nothing of the page may then go beyond it."""
    page.set_viewport_size(taille)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def test_la_vie_d_un_webhook(page: Page, settings):
    settings.WEBHOOKS_LOCAUX = True
    monde = Monde()
    page.set_viewport_size(TELEPHONE)
    se_connecter(page, monde.gestionnaire.courriel)
    with recevoir() as recepteur:
        page.goto("/jetons/")
        page.get_by_role("link", name="Créer un webhook").click()
        page.get_by_label("Nom", exact=True).fill("Site")
        page.get_by_label("Adresse à prévenir").fill(recepteur.url)
        page.get_by_role("button", name="Créer le webhook").click()
        premier = _le_secret(page)

        page.get_by_role("link", name="Je l'ai copié").click()
        expect(page.get_by_role("button", name="Envoyer un test")).to_be_visible()
        expect(page.locator("main")).not_to_contain_text("whsec_")
        en(page, LARGE)
        page.get_by_role("button", name="Envoyer un test").click()
        expect(page.get_by_role("status").first).to_contain_text("Le test part")
        assert livrer() == 1
        journal = page.locator("#journal-livraisons")
        if not avec_javascript(page):
            page.get_by_role("link", name="Actualiser").click()
        expect(journal).to_contain_text("Livrée")
        en(page, TELEPHONE)

        journal.get_by_role("link", name="Test").click()
        expect(page.get_by_role("heading", name="1 essai")).to_be_visible()
        page.get_by_role("button", name="Rejouer").click()
        expect(page.get_by_role("status").first).to_contain_text("avec le même numéro d'événement")
        assert livrer() == 1
        if not avec_javascript(page):
            page.get_by_role("link", name="Actualiser").click()
        expect(page.get_by_role("heading", name="2 essais")).to_be_visible()
        en(page, TELEPHONE)
        un, deux = recepteur.recus
        assert un.entetes["webhook-id"] == deux.entetes["webhook-id"]
        assert Webhook(premier).verify(deux.corps, deux.entetes)["type"] == "test.ping"

        page.get_by_role("link", name="Site", exact=True).click()
        page.get_by_role("link", name="Renouveler le secret").click()
        expect(page.get_by_role("heading", name="Renouveler le secret")).to_be_visible()
        en(page, TELEPHONE)
        page.get_by_role("button", name="Renouveler le secret").click()
        expect(page.locator("main")).to_contain_text("encore pendant 24 heures")
        second = _le_secret(page)
        assert second != premier
        page.get_by_role("link", name="Je l'ai copié").click()
        monde.session("automne", ouverte=True)
        assert livrer() == 1
        for secret in (premier, second):
            lu = Webhook(secret).verify(recepteur.recus[-1].corps, recepteur.recus[-1].entetes)
            assert lu["data"]["identifiant"] == "automne"

        page.get_by_role("button", name="Désactiver").click()
        expect(page.locator("main")).to_contain_text("Ce webhook est désactivé à la demande")
        en(page, TELEPHONE)
        page.get_by_role("button", name="Réactiver").click()
        expect(page.get_by_role("button", name="Désactiver")).to_be_visible()
        page.get_by_role("link", name="Supprimer").click()
        expect(page.get_by_role("heading", name="Supprimer le webhook")).to_be_visible()
        en(page, LARGE)
        page.get_by_role("button", name="Supprimer le webhook").click()
        expect(page.get_by_role("heading", name="Aucun webhook")).to_be_visible()
        assert not Abonnement.objects.exists()
    page.get_by_role("link", name="Historique des jetons et de l'équipe").click()
    for phrase in ("créé, vers 127.0.0.1", "renouvelé", "désactivé à la demande", "réactivé", "supprimé"):
        expect(page.locator("main")).to_contain_text(phrase)


def _le_secret(page: Page) -> str:
    """Return the secret that the page shows, which its button copies."""
    champ = page.get_by_label("Secret de signature")
    expect(champ).to_be_focused()
    secret = champ.input_value()
    en(page, TELEPHONE)
    if avec_javascript(page):
        page.context.grant_permissions(["clipboard-read", "clipboard-write"])
        page.get_by_role("button", name="Copier").click()
        expect(page.get_by_role("button", name="Copié")).to_be_visible()
        assert page.evaluate("navigator.clipboard.readText()") == secret
        page.context.clear_permissions()
    else:
        expect(page.get_by_role("button", name="Copier")).to_be_hidden()
    return secret
