"""Tests of the public side in Chromium: what a first visit weighs, the security policy, telephones, print."""

import datetime as dt
import gzip
import re
from pathlib import Path

import pytest
from django.test import Client
from playwright.sync_api import Browser, Page, expect

from edof.horloge import a_l_instant, aujourd_hui, minuit
from publication.adresses import adresse_de
from publication.models import Contenu
from publication.passages import publier
from tests.conftest import Monde
from tests.e2e.conftest import avec_javascript
from tests.poids import CHARGE, comme_en_production, envoyes, recueillir

# Compressed, in bytes, page and font included.
AU_PLUS = 60_000
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def adresse(transactional_db: None) -> str:
    """Return the address of a public action that has twenty-two sessions."""
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        monde = Monde()
        for rang in range(22):
            monde.session(f"s{rang}", ouverte=True, garantie=rang % 2 == 0)
    publier(aujourd_hui(), par="test")
    return adresse_de(monde.organisme.siret, "OFFRE-1", "ACTION-1")


def test_la_premiere_visite_est_legere(adresse, tmp_path: Path):
    with comme_en_production(tmp_path):
        recueillir()
        for chemin in ("/formations/", adresse):
            reponse = Client().get(chemin, HTTP_ACCEPT_ENCODING="gzip")
            page = gzip.decompress(reponse.content).decode()
            poids = {nom: envoyes(tmp_path, nom) for nom in CHARGE.findall(page)}
            # One style sheet, one font, one icon, one script.
            assert sorted(nom.rpartition(".")[2] for nom in poids) == ["css", "js", "svg", "woff2"]
            assert sum(poids.values()) + len(reponse.content) < AU_PLUS, poids


def test_la_page_se_lit_sous_la_politique_de_securite(page: Page, adresse):
    # The fixture fails on what the console reports: a block of data that the policy would refuse, too.
    page.goto(adresse)
    expect(page.locator('script[type="application/ld+json"]')).to_have_count(1)
    expect(page.get_by_role("link", name="01 49 80 00 00")).to_have_attribute("href", "tel:0149800000")
    expect(page.locator(".dates > li:visible")).to_have_count(10)
    page.get_by_role("link", name="Dates suivantes").click()
    expect(page.locator(".dates > li:visible")).to_have_count(12)


def test_les_resultats_et_le_retour_vers_eux(page: Page, adresse):
    page.goto("/formations/?q=texte&garantie=1")
    page.locator(".resultat h2").get_by_role("link", name="Texte").click()
    page.wait_for_url(f"**{adresse}")
    retour = page.locator(".retour-liste a")
    if avec_javascript(page):
        expect(retour).to_have_text("Retour aux résultats : 1 formation pour « texte »")
        retour.click()
        expect(page).to_have_url(re.compile(r"/formations/\?q=texte&garantie=1#formation-\d+$"))
    # Come from elsewhere, there are no results to go back to.
    autre = page.context.new_page()
    autre.goto(adresse)
    expect(autre.locator(".retour-liste a")).to_have_text("Toutes les formations")
    autre.close()


def haut(page: Page, choix: str) -> float:
    return float(page.locator(choix).first.evaluate("e => e.getBoundingClientRect().top"))


def test_les_reperes_puis_le_contact_et_rien_ne_deborde(navigateur: Browser, live_server, adresse):
    mot = "Anticonstitutionnellement" * 8
    for contenu in Contenu.objects.all():
        contenu.contenu = contenu.contenu | {
            nom: mot
            for nom in ("intitule", "objectif", "info_admission", "points_forts")
            if nom in contenu.contenu
        }
        contenu.save()
    page = navigateur.new_page(viewport={"width": 320, "height": 700}, base_url=live_server.url)
    page.goto(adresse)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    ordre = [haut(page, choix) for choix in ("h1", ".reperes", ".publique-contact", ".dates", ".pratique")]
    assert ordre == sorted(ordre)
    page.set_viewport_size({"width": 1280, "height": 500})
    page.evaluate("scrollTo(0, 900)")
    # Beside the texts, the contact stays in view.
    assert haut(page, ".publique-contact") == 16
    page.emulate_media(media="print")
    expect(page.locator("header.entete")).to_be_hidden()
    expect(page.locator("footer.pied")).to_be_hidden()
    expect(page.get_by_text("01 49 80 00 00")).to_be_visible()
    page.close()
