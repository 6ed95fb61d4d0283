"""Tests of refusals in a real browser: too many wrong passwords, and an error during the use of a form."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Monde

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["avec-javascript", "sans-javascript"])
def page(request: Any, navigateur: Browser, live_server: Any) -> Iterator[Page]:
    """Return a page whose console may report errors, since refusals are tested."""
    contexte = navigateur.new_context(
        java_script_enabled=request.param, base_url=live_server.url, locale="fr-FR"
    )
    yield contexte.new_page()
    contexte.close()


def entrer(page: Page, courriel: str, mot_de_passe: str) -> None:
    page.get_by_label("Adresse e-mail").fill(courriel)
    page.get_by_label("Mot de passe").fill(mot_de_passe)
    page.get_by_role("button", name="Se connecter").click()


def test_trop_d_essais_puis_un_autre_compte(page: Page):
    monde = Monde()
    page.goto("/connexion/?next=/carnet/")
    for _ in range(10):
        entrer(page, monde.gestionnaire.courriel, "pas le bon")
        expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(
        "Trop d'essais depuis cet endroit : réessayez dans un quart d'heure."
    )
    expect(page.get_by_label("Adresse e-mail")).to_have_value(monde.gestionnaire.courriel)
    # Another user in the same office is not blocked.
    entrer(page, monde.personne("voisin", "lecteur").courriel, "demo-edof-mot-de-passe")
    expect(page.get_by_role("heading", name="Contacts et adresses")).to_be_visible()


def test_une_panne_pendant_la_saisie_se_dit_sans_rien_effacer(page: Page, request):
    """Check the refusal of an htmx request: the message is displayed in the page, and the form stays."""
    monde = Monde()
    page.goto(f"/connexion/?next=/catalogue/actions/{monde.action.pk}/sessions/ajouter/")
    entrer(page, monde.gestionnaire.courriel, "demo-edof-mot-de-passe")
    page.get_by_label("Identifiant").first.fill("ma-session")
    monde.gestionnaire.membres.update(role="lecteur")
    page.get_by_role("button", name="VÉRIFIER").click()
    avec_javascript = "avec" in request.node.name
    if avec_javascript:
        message = page.get_by_role("alert")
        expect(message).to_contain_text("Accès refusé")
        expect(message).to_contain_text("Numéro d'incident")
        expect(page.get_by_label("Identifiant").first).to_have_value("ma-session")
    else:
        expect(page.get_by_role("heading", name="Accès refusé")).to_be_visible()
