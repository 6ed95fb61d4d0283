"""Tests of the choice of the certification of an offre: live search, and full pages without JavaScript."""

import re

import pytest
from playwright.sync_api import Page, expect

from demo.certifications import charger_certifications
from tests.conftest import Monde
from tests.e2e.conftest import avec_javascript

pytestmark = pytest.mark.django_db(transaction=True)


def test_chercher_et_choisir_une_certification(page: Page, live_server, client):
    monde = Monde()
    charger_certifications()
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page.goto("/catalogue/offres/ajouter/?identifiant=NOUVELLE")
    page.get_by_label("Formation certifiante").check()
    sans_javascript = not avec_javascript(page)
    if sans_javascript:
        page.get_by_role("button", name="Adapter le formulaire à ce type").click()
    expect(page.get_by_label("Certification ou thématique visée")).to_be_visible()
    page.get_by_label("Intitulé de la formation").fill("Ce qui était déjà saisi")

    def chercher(q: str) -> None:
        page.get_by_label("Certification ou thématique visée").fill(q)
        if sans_javascript:
            page.get_by_role("button", name="Rechercher").click()

    chercher("quidditch")
    expect(page.get_by_text("Aucune certification ne correspond à « quidditch »")).to_be_visible()
    chercher("DÉVELOPPEUR mob")
    expect(page.get_by_text(re.compile("1.certification trouvée"))).to_be_visible()
    page.get_by_role("button", name="Développeur web et web mobile").click()
    expect(page.locator(".choisie")).to_contain_text("RNCP37674")
    expect(page.get_by_label(re.compile("RNCP37674BC01"))).to_be_visible()
    expect(page.get_by_label("Intitulé de la formation")).to_have_value("Ce qui était déjà saisi")
    page.get_by_role("button", name="Changer de certification").click()
    expect(page.get_by_label("Certification ou thématique visée")).to_be_visible()
