"""Tests of the address book in a real browser, and axe on each page.

They cover an address typed on one line, and a contact replaced everywhere then deleted.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from organismes.models import Adresse, Contact
from sessions_app.models import Session
from tests.carnet import nouveau
from tests.conftest import Monde
from tests.e2e.axe import constater

pytestmark = pytest.mark.django_db(transaction=True)


def test_une_adresse_en_une_ligne_puis_un_contact_remplace(page: Page):
    monde = Monde()
    accueil = nouveau(monde, "Accueil")
    nouveau(monde)
    monde.session("printemps", contact_inscription=accueil)
    page.goto("/carnet/?vue=adresses")
    page.get_by_label("Adresse e-mail").fill(monde.gestionnaire.courriel)
    page.get_by_label("Mot de passe").fill("demo-edof-mot-de-passe")
    page.get_by_role("button", name="Se connecter").click()

    # An address typed on one line, split into fields, corrected and saved.
    page.get_by_role("link", name="Ajouter une adresse").click()
    page.get_by_label("Titre de l'adresse").fill("Annexe")
    page.get_by_label("Saisie rapide").fill("12 bis av. de la Cité, ZA Les Prés, 94550 Chevilly-Larue")
    page.get_by_role("button", name="Remplir les champs").click()
    expect(page.get_by_role("status").first).to_contain_text("vérifiez-les avant d'enregistrer")
    expect(page.get_by_label("Titre de l'adresse")).to_have_value("Annexe")
    expect(page.get_by_label("Nature de la voie")).to_have_value("AV")
    expect(page.get_by_label("Indice")).to_have_value("B")
    expect(page.get_by_label("Nom de la voie")).to_have_value("de la Cité")
    expect(page.get_by_label("Lieu-dit ou boîte postale")).to_have_value("ZA Les Prés")
    page.get_by_label("Lieu-dit ou boîte postale").fill("ZA Les Prés Hauts")
    # The name of the organisme is the default value. Emptying it causes an error message.
    expect(page.get_by_label("Dénomination", exact=True)).to_have_value("Institut")
    page.get_by_label("Dénomination", exact=True).fill("")
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.get_by_role("link", name="Dénomination : Ce champ est obligatoire.")).to_be_visible()
    page.get_by_label("Dénomination", exact=True).fill("ILVM")
    page.get_by_role("button", name="Enregistrer").last.click()
    expect(page.get_by_role("status").first).to_contain_text("L'adresse a bien été ajoutée.")
    assert (
        str(Adresse.objects.get(titre="Annexe"))
        == "12 bis avenue de la Cité, ZA Les Prés Hauts, 94550 Chevilly-Larue"
    )

    # A contact in use cannot be deleted. Once replaced, it can.
    page.get_by_role("navigation", name="Menu principal").get_by_role(
        "link", name="Contacts et adresses"
    ).click()
    ligne = page.locator(f"#contact-{accueil.pk}")
    expect(ligne).to_contain_text(re.compile("Contact d'inscription : 1.fiche"))
    ligne.get_by_text("Opérations").click()
    ligne.get_by_role("link", name="Remplacer partout").click()
    page.get_by_label("Remplacer « Nadia Accueil").select_option(label="Nadia Roux - nadia@ilvm.example")
    page.get_by_role("button", name="Voir ce qui changera").click()
    expect(page.get_by_text("Validée : 1")).to_be_visible()
    page.get_by_role("button", name=re.compile("Remplacer dans 1.fiche")).click()
    expect(page.get_by_role("status").first).to_contain_text(
        "est remplacé par « Nadia Roux - nadia@ilvm.example »"
    )
    assert Session.objects.get().contact_inscription.nom == "Roux"
    page.get_by_role("link", name="Supprimer ce contact").click()
    page.get_by_role("button", name="Supprimer").click()
    expect(page.get_by_role("status").first).to_contain_text("a bien été supprimé.")
    assert not Contact.objects.filter(nom="Accueil").exists()


def test_axe_sur_le_carnet(navigateur: Browser, live_server, client):
    monde = Monde()
    monde.session("printemps", ouverte=True)
    autre = nouveau(monde)
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    service, lieu = f"/carnet/contacts/{monde.contact.pk}/", f"/carnet/adresses/{monde.lieu.pk}/"
    adresses = [
        "/carnet/", "/carnet/?vue=adresses", "/carnet/?q=rien", "/carnet/contacts/ajouter/",
        "/carnet/adresses/ajouter/", service, lieu,
        f"{service}modifier/", f"{lieu}modifier/", f"{service}remplacer/",
        f"{service}remplacer/?par={autre.pk}", f"{service}remplacer/?par=0",
        f"{lieu}remplacer/", f"{service}supprimer/", f"/carnet/contacts/{autre.pk}/supprimer/",
    ]  # fmt: skip
    contexte = navigateur.new_context(
        viewport={"width": 320, "height": 700}, base_url=live_server.url, bypass_csp=True
    )
    contexte.add_cookies(
        [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
    )
    page = contexte.new_page()
    constats: list[str] = []
    for adresse in adresses:
        constats = constater(page, adresse, constats)
    page.goto(service)
    page.get_by_text("Opérations").click()
    constats = constater(page, None, constats)
    for genre in ("contacts", "adresses"):
        page.goto(f"/carnet/{genre}/ajouter/")
        page.get_by_role("button", name="Enregistrer").last.click()
        page.locator(".resume").wait_for()
        constats = constater(page, None, constats)
    trop_longue = "12 rue du Professeur Émérite Jean-Baptiste de la Tour d'Auvergne 94550 Chevilly"
    page.get_by_label("Saisie rapide").fill(trop_longue)
    page.get_by_role("button", name="Remplir les champs").click()
    page.get_by_role("link", name="Nom de la voie").wait_for()
    constats = constater(page, None, constats)
    contexte.close()
    assert constats == []
