"""Tests of the plan of a long form, its folded sections and its panel.

They are run at two widths, with and without JavaScript.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from catalogue.models import Action, Certification, Offre
from organismes.models import Contact
from tests.conftest import Monde
from tests.e2e.axe import constater
from tests.e2e.conftest import avec_javascript

pytestmark = pytest.mark.django_db(transaction=True)
LARGE, ETROIT = {"width": 1280, "height": 800}, {"width": 360, "height": 740}
SIGNATURE = "Mme Claire MOREAU\nResponsable\nTél. : 01 49 80 77 68\nc.moreau@ilvm.example"


@pytest.fixture
def monde(page: Page, client, live_server) -> Monde:
    """Return a world whose gestionnaire is signed in."""
    monde = Monde()
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    cle = client.cookies["sessionid"].value
    page.context.add_cookies([{"name": "sessionid", "value": cle, "url": live_server.url}])
    return monde


def deborde(page: Page) -> bool:
    return page.evaluate("document.documentElement.scrollWidth > innerWidth")


@pytest.mark.parametrize("taille", [LARGE, ETROIT], ids=lambda taille: str(taille["width"]))
def test_le_plan_compte_mene_et_rien_de_replie_ne_se_perd(page: Page, monde: Monde, taille):
    page.set_viewport_size(taille)
    page.goto(f"/catalogue/offres/{monde.offre.pk}/actions/ajouter/?identifiant=PLAN")
    scripts = avec_javascript(page)
    plan, ligne = page.locator("#plan-liste"), page.locator(".plan-ligne")
    lieu, premier = plan.locator("a", has_text="Lieu et contacts"), page.locator(".a-completer")
    expect(premier).to_have_text(re.compile("13.champs à compléter"))
    if taille == ETROIT:
        expect(plan).to_be_hidden()
        expect(ligne).to_contain_text(re.compile("Organisation.*2 sur 7.*13.manquants", re.DOTALL))
        ligne.click()
    expect(lieu).to_contain_text(re.compile("3.manquants"))
    # A link leads to a missing field, and the line of the plan shows the current section.
    lieu.click()
    if scripts:
        expect(page.locator("#id_lieu_de_formation")).to_be_focused()
        if taille == ETROIT:
            expect(plan).to_be_hidden()
            expect(ligne).to_contain_text(re.compile("Lieu et contacts.*3 sur 7", re.DOTALL))
        else:
            expect(lieu).to_have_attribute("aria-current", "true")
    else:
        expect(page).to_have_url(re.compile("#id_lieu_de_formation$"))
        if taille == ETROIT:
            page.keyboard.press("Escape")
    # A folded field can be reached and filled, and is kept.
    repli = page.locator("#facultatifs-6")
    repli.locator("summary").click()
    page.get_by_label("Restauration").fill("Self à 50 m")
    repli.locator("summary").click()
    expect(page.get_by_label("Restauration")).to_be_hidden()
    if scripts:
        page.locator("#id_lieu_de_formation").select_option(index=1)
        expect(lieu).to_contain_text(re.compile("2.manquants"))
        page.get_by_label("TTC à 20 %").fill("100")
        expect(premier).to_have_text(re.compile("11.champs à compléter"))
        page.get_by_label("TTC à 20 %").fill("")
        page.get_by_label("HT à 20 %").fill("")
        expect(premier).to_have_text(re.compile("12.champs à compléter"))
        # An answer adds required fields: the server reports it, and unfolded sections stay open.
        repli.locator("summary").click()
        page.get_by_role("group", name="Conditions spécifiques").get_by_label("Oui").check()
        acces = page.locator("[data-exigences*=id_existence_prerequis]")
        expect(acces).to_have_attribute("data-exigences", re.compile("id_conditions_specifiques"))
        expect(premier).to_have_text(re.compile("12.champs à compléter"))
        premier.click()
        expect(page.locator("input[name=modalites_entrees_sorties]").first).to_be_focused()
        expect(page.get_by_label("Restauration")).to_be_visible()
        repli.locator("summary").click()
    assert not deborde(page)
    # An error in a folded section opens it.
    page.locator("#facultatifs-6 summary").click()
    page.get_by_label("Adresse internet de l'action").fill("pas une adresse")
    page.locator("#facultatifs-6 summary").click()
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(page.locator(".resume")).to_be_visible()
    expect(page.get_by_label("Adresse internet de l'action")).to_be_visible()
    assert not deborde(page)
    page.get_by_label("Adresse internet de l'action").fill("")
    page.get_by_role("button", name="Enregistrer les modifications").last.click()
    expect(page).to_have_url(re.compile("/catalogue/\\?"))
    assert Action.objects.get(identifiant="PLAN").restauration == "Self à 50 m"


@pytest.mark.parametrize("taille", [LARGE, ETROIT], ids=lambda taille: str(taille["width"]))
def test_le_panneau_prend_toute_la_largeur_et_se_remplit_d_un_coup(page: Page, monde: Monde, taille):
    page.set_viewport_size(taille)
    page.goto(f"/catalogue/actions/{monde.action.pk}/modifier/")
    page.get_by_role("button", name="+ AJOUTER UN NOUVEAU CONTACT : Contact d'information").click()
    panneau = page.locator("#panneau-contact_information")
    expect(panneau.get_by_label("Saisie rapide")).to_be_visible()
    if avec_javascript(page):
        # The focus arrives once the panel is in place.
        expect(panneau.get_by_label("Saisie rapide")).to_be_focused()
    select, partie = page.locator("#id_lieu_de_formation").bounding_box(), panneau.bounding_box()
    assert abs(partie["width"] - select["width"]) <= 10
    assert panneau.evaluate("e => getComputedStyle(e).paddingTop") == ("20px" if taille == LARGE else "16px")
    detail = panneau.locator("details")
    expect(detail).not_to_have_attribute("open", "")
    panneau.get_by_label("Saisie rapide").fill(SIGNATURE)
    panneau.get_by_role("button", name="Remplir les champs").click()
    expect(panneau.get_by_label("Prénom")).to_have_value("Claire")
    expect(panneau.get_by_label("Courriel")).to_have_value("c.moreau@ilvm.example")
    # The filled fields are displayed, also the function, which is among the details.
    expect(panneau.get_by_label("Fonction")).to_be_visible()
    assert not deborde(page)
    panneau.get_by_role("button", name="Ajouter ce contact").click()
    expect(page.locator("#id_contact_information option:checked")).to_contain_text("Claire MOREAU")
    assert Contact.objects.get(nom="MOREAU").fonction == "Responsable"
    # The name of the organisme is the default value for an address, and addresses are listed with their
    # title.
    page.get_by_role("button", name="+ AJOUTER UNE NOUVELLE ADRESSE : Lieu de formation").click()
    adresse = page.locator("#panneau-lieu_de_formation")
    expect(adresse.get_by_label("Dénomination", exact=True)).to_have_value("Institut")
    expect(page.locator("#id_lieu_de_formation option:checked")).to_contain_text("Siège, 12 avenue")


def test_tous_les_blocs_d_un_coup_ou_un_par_un(page: Page, monde: Monde):
    blocs = [{"code": f"RNCP9BC0{rang}", "libelle": f"Bloc {rang}"} for rang in (1, 2, 3)]
    Certification.objects.filter(pk=monde.certification.pk).update(blocs=blocs)
    page.goto(f"/catalogue/offres/{monde.offre.pk}/modifier/")
    groupe, tout = (
        page.get_by_role("group", name="Blocs de compétences"),
        page.get_by_role("button", name="Tout cocher"),
    )
    if avec_javascript(page):
        expect(page.locator(".a-completer")).to_have_text(re.compile("1.champ à compléter"))
        tout.click()
        expect(groupe.locator("input:checked")).to_have_count(3)
        # The server reports that with blocs, one must tell whether the list can be changed.
        expect(page.locator("#plan-liste")).to_contain_text(re.compile("1.manquant"))
        expect(page.locator(".a-completer")).to_have_attribute("href", re.compile("#id_blocs_modifiables$"))
        page.get_by_role("button", name="Tout décocher").click()
        expect(groupe.locator("input:checked")).to_have_count(0)
        tout.click()
    else:
        expect(tout).to_be_hidden()
        for rang in (1, 2, 3):
            groupe.get_by_label(f"Bloc {rang}").check()
    page.get_by_role("group", name="Liste de blocs modifiable").get_by_label("Non").check()
    page.get_by_role("button", name="VALIDER").click()
    expect(page).to_have_url(re.compile("/catalogue/\\?"))
    assert Offre.objects.get(pk=monde.offre.pk).blocs == [bloc["code"] for bloc in blocs]


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_axe_sur_le_plan_le_panneau_et_les_erreurs(page: Page, monde: Monde):
    constats: list[str] = []
    for taille in (LARGE, ETROIT):
        page.set_viewport_size(taille)
        page.goto(f"/catalogue/offres/{monde.offre.pk}/actions/ajouter/?identifiant=AXE")
        page.get_by_role("button", name="+ AJOUTER UNE NOUVELLE ADRESSE : Lieu de formation").click()
        page.locator(".panneau").wait_for()
        for repli in page.locator("details.repli").all():
            repli.evaluate("e => { e.open = true }")
        constats = constater(page, None, constats)
        page.get_by_role("button", name="VALIDER").click()
        page.locator(".resume").wait_for()
        if taille == ETROIT:
            page.locator(".plan-ligne").click()
        constats = constater(page, None, constats)
    assert constats == []
