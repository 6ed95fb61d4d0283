"""Test of a passkey in Chromium, with the authenticator that its tools simulate."""

import re
from urllib.parse import unquote_plus

import pytest
from django.test import Client
from playwright.sync_api import Page, expect

from organismes.models import CleDAcces
from tests.conftest import Monde
from tests.outils import entrer

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("page", [True], indirect=True)
def test_une_cle_d_acces_s_ajoute_et_ouvre_le_compte(page: Page):
    monde = Monde()
    outils = page.context.new_cdp_session(page)
    outils.send("WebAuthn.enable")
    options = {"protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "isUserVerified": True}
    options |= {"hasUserVerification": True, "automaticPresenceSimulation": True}
    outils.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    entrer(page, monde.gestionnaire.courriel)
    page.goto("/compte/second-facteur/cle/")
    page.get_by_label("Nom de la clé").fill("Portable")
    page.get_by_role("button", name="Ajouter la clé").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()
    assert len(re.findall(r"<code>[0-9A-Z-]{29}</code>", page.content())) == 10
    page.get_by_role("link", name="Je les ai gardés").click()
    expect(page.get_by_role("heading", name="Portable")).to_be_visible()
    page.locator(".compte summary").last.click()
    page.get_by_role("button", name="Se déconnecter").click()

    page.get_by_label("Adresse e-mail").fill(monde.gestionnaire.courriel)
    page.get_by_label("Mot de passe", exact=True).fill("demo-edof-mot-de-passe")
    page.get_by_role("button", name="Se connecter").click()
    expect(page.get_by_role("heading", name="Encore une étape")).to_be_visible()
    with page.expect_request(lambda r: r.method == "POST") as envoi:
        page.get_by_role("button", name="Utiliser ma clé d'accès").click()
    expect(page.locator(".compte summary").last).to_be_visible()
    assert CleDAcces.objects.get().utilisee_le
    # The same answer opens nothing a second time, and nothing for somebody else's sign-in.
    rejoue = dict(p.split("=", 1) for p in envoi.value.post_data.split("&"))
    autre = Client()
    autre.post("/connexion/", {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe"})
    refuse = autre.post("/connexion/code/", {"reponse": unquote_plus(rejoue["reponse"])})
    assert refuse.status_code == 422 and "_auth_user_id" not in autre.session
