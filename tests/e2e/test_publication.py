"""Tests of the publication pages in a real browser, with and without JavaScript.

They go from « Pourquoi pas visible ? » to the correction, and from a past day to its proof.
"""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, aujourd_hui, demain, maintenant
from organismes.droits import Operation
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.conftest import avec_javascript

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def monde_connecte(client, live_server, page: Page) -> Monde:
    """Return a world with a published, then started session, whose gestionnaire is signed in."""
    with a_l_instant(maintenant() - dt.timedelta(70)):
        monde = Monde()
        monde.session("commencee", ouverte=True)
        publier(aujourd_hui() - dt.timedelta(1), par="test")
    with a_l_instant(maintenant() - dt.timedelta(69)):
        publier(aujourd_hui(), par="test")
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    page.context.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    return monde


def test_rouvrir_depuis_le_diagnostic(page: Page, monde_connecte: Monde):
    fermee = executer(
        monde_connecte.session("fermee", ouverte=True), Operation.FERMER, par=monde_connecte.gestionnaire
    )
    page.goto(f"/catalogue/?o={monde_connecte.offre.pk}&a={monde_connecte.action.pk}")
    session = page.locator(f"#session-{fermee.pk}")
    session.get_by_text("Opérations").click()
    session.get_by_role("link", name="Pourquoi pas visible ?").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Pourquoi pas visible ?")
    expect(page.locator(".condition-non")).to_have_count(1)
    page.get_by_role("button", name="Rouvrir à l'inscription").click()
    expect(page.locator(".message-success")).to_contain_text("bien été ouverte à l'inscription")
    expect(page.locator(".condition-non")).to_have_count(0)
    expect(page.locator(".condition-attente")).to_contain_text("au matin.")
    assert Session.objects.get(identifiant="fermee").ouverte


def test_le_bouton_ouvre_le_champ_a_corriger(page: Page, monde_connecte: Monde):
    session = Session.objects.get()
    page.goto(f"/catalogue/sessions/{session.pk}/visibilite/")
    expect(page.locator(".condition-non")).to_contain_text("est passée")
    page.get_by_role("link", name="Changer les dates").click()
    expect(page).to_have_url(re.compile(r"/modifier/#id_date_debut$"))
    debut = page.locator("#id_date_debut")
    if avec_javascript(page):
        expect(debut).to_be_focused()
    else:
        expect(page.locator("#id_date_debut:target")).to_be_visible()
    debut.fill(f"{demain() + dt.timedelta(30):%d/%m/%Y}")
    page.locator("#id_date_fin").fill(f"{demain() + dt.timedelta(60):%d/%m/%Y}")
    page.get_by_role("button", name="VALIDER").click()
    expect(page.locator(".message-success")).to_be_visible()
    page.goto(f"/catalogue/sessions/{session.pk}/visibilite/")
    expect(page.locator(".condition-non")).to_have_count(0)


def test_d_un_jour_passe_a_sa_preuve_verifiee(page: Page, monde_connecte: Monde, tmp_path):
    page.goto("/en-ligne/")
    page.get_by_label("Jour", exact=True).fill(f"{aujourd_hui() - dt.timedelta(69):%d/%m/%Y}")
    page.get_by_role("button", name="Voir ce jour").click()
    page.get_by_role("link", name="Texte").click()
    page.get_by_role("link", name="Preuve de la parution de commencee").click()
    with page.expect_download() as recu:
        page.get_by_role("link", name="Télécharger la preuve").click()
    fichier = tmp_path / recu.value.suggested_filename
    recu.value.save_as(fichier)
    page.locator("main").get_by_role("link", name="/formations/verifier/").click()
    page.get_by_label("Fichier de la preuve").set_input_files(fichier)
    page.get_by_role("button", name="Vérifier").click()
    expect(page.get_by_role("heading", name="Cette preuve est authentique")).to_be_visible()
    page.get_by_label("ou le texte de la preuve").fill(
        fichier.read_text(encoding="utf-8").replace("commencee", "autre")
    )
    page.get_by_role("button", name="Vérifier").click()
    expect(page.locator(".verdict-faux")).to_contain_text("la session (identifiant)")
