"""Test of the whole main path in a real browser, from the catalogue to the public page and back."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from edof.horloge import aujourd_hui, demain
from publication.passages import publier
from tests.conftest import Monde
from tests.e2e.conftest import avec_javascript

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.exigence(
    "S-50", "S-52", "S-53", "S-54", "S-55", "S-57", "S-60", "S-64", "S-65", "S-66", "S-67", "S-68", "S-71",
    "S-80", "S-83", "S-84",
    "S-94", "S-95", "S-96", "S-97", "S-98", "S-104", "S-105", "S-116", "S-118", "D-01", "D-02", "D-05",
    "D-06", "D-07", "D-25",
)  # fmt: skip
def test_du_catalogue_a_la_page_publique(page: Page, settings):
    monde = Monde()
    monde.session("pris")
    page.goto("/")
    page.get_by_label("Adresse e-mail").fill(monde.gestionnaire.courriel)
    page.get_by_label("Mot de passe").fill("demo-edof-mot-de-passe")
    page.get_by_role("button", name="Se connecter").click()
    page.get_by_role("navigation", name="Menu principal").get_by_role(
        "link", name="Voir le catalogue"
    ).click()
    page.get_by_role("link", name=re.compile("1.action de")).click()
    page.get_by_role("link", name="Ajouter une session").click()

    # Step 1: a used identifier, then a free one.
    expect(page.get_by_role("heading", level=1)).to_contain_text("Ajouter une session - Étape 1/2")
    page.get_by_label("Identifiant de la session").fill(" PRIS ")
    page.get_by_role("button", name="VÉRIFIER").click()
    expect(page.get_by_role("alert").first).to_contain_text(
        "Cet identifiant est déjà utilisé par une autre session de cette action."
    )
    expect(page.get_by_text("Informations sur la session", exact=True)).to_have_count(0)
    page.get_by_label("Identifiant de la session").fill("printemps")
    page.get_by_role("button", name="VÉRIFIER").click()
    expect(page.get_by_role("status").first).to_contain_text("L'identifiant est disponible.")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Étape 2/2")

    # Step 2: save with a missing field, open again, be refused, fill and validate.
    debut = aujourd_hui() + dt.timedelta(60)
    page.get_by_label("Du", exact=True).fill(f"{debut:%d/%m/%Y}")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    bloc = page.locator("li[id^=session-]", has_text="ID : printemps")
    expect(bloc).to_contain_text("Brouillon")
    bloc.get_by_text("Opérations").click()
    bloc.get_by_role("link", name="Modifier").click()
    expect(page.get_by_label("Du", exact=True)).to_have_value(f"{debut:%d/%m/%Y}")
    page.get_by_role("button", name="VALIDER").click()
    resume = page.locator(".resume")
    expect(resume).to_contain_text("renseignez la date de fin")
    resume.get_by_role("link", name="Contact d'inscription").click()
    expect(page.get_by_label("Contact d'inscription")).to_have_attribute("aria-invalid", "true")
    page.get_by_label("au", exact=True).fill(f"{debut + dt.timedelta(30):%d/%m/%Y}")
    page.get_by_label("Oui").check()
    page.get_by_role("button", name="+ AJOUTER UN NOUVEAU CONTACT").click()
    if avec_javascript(page):
        expect(page.get_by_label("Saisie rapide")).to_be_focused()
    page.get_by_label("Prénom").fill("Nadia")
    page.get_by_label("Nom", exact=True).fill("Roux")
    page.get_by_label("Téléphone fixe").fill("01 49 80 00 01")
    page.get_by_label("Courriel").fill("nadia@ilvm.example")
    page.get_by_role("button", name="Ajouter ce contact").click()
    expect(page.get_by_label("Contact d'inscription").locator("option:checked")).to_contain_text("Nadia Roux")
    expect(page.get_by_label("au", exact=True)).to_have_value(f"{debut + dt.timedelta(30):%d/%m/%Y}")
    page.get_by_label("Adresse d'inscription").select_option(index=1)
    page.get_by_role("button", name="VALIDER").click()
    expect(bloc).to_contain_text("Validée")

    # Open: three badges « Active », not visible before the next morning.
    bloc.get_by_text("Opérations").click()
    bloc.get_by_role("button", name="Ouvrir à l'inscription").click()
    expect(page.get_by_role("status").first).to_contain_text(
        "La session a bien été ouverte à l'inscription. Elle sera visible"
    )
    expect(page.locator("article.offre .pastille-active")).to_have_count(3)
    expect(page.locator("article.offre").get_by_text("Visible sur Mon Compte Formation")).to_have_count(0)
    expect(bloc).to_contain_text("au matin")
    adresse = page.url.partition("#")[0]
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    page.goto(adresse)
    expect(page.locator("article.offre").get_by_text("Visible sur Mon Compte Formation")).to_have_count(2)
    page.get_by_role("link", name="Formations publiées").click()
    page.get_by_role("link", name="Texte").click()
    expect(page.get_by_text("nadia@ilvm.example")).to_be_visible()
    publique = page.url

    # Close: no longer public at once, still « Active ».
    page.goto(adresse)
    bloc.get_by_text("Opérations").click()
    bloc.get_by_role("button", name="Fermer à l'inscription").click()
    expect(page.get_by_role("status").first).to_contain_text("La session a bien été fermée à l'inscription.")
    expect(page.locator("article.offre .pastille-active")).to_have_count(3)
    assert page.request.get(publique).status == 410
