"""Tests of the catalogue in a real browser, with and without JavaScript.

They cover the search, the branches, the Back button, the operations, the keyboard and narrow screens.
"""

import re

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from catalogue.cycle_de_vie import executer
from catalogue.models import Action
from organismes.droits import Operation
from organismes.models import Adresse
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles

pytestmark = pytest.mark.django_db(transaction=True)
TAILLES = ({"width": 320, "height": 800}, {"width": 1280, "height": 800})


@pytest.fixture
def entrer(client, live_server):
    """Return a function that signs a user in, in a browser context."""

    def _entrer(contexte, utilisateur):
        client.force_login(utilisateur, backend="django.contrib.auth.backends.ModelBackend")
        contexte.add_cookies(
            [{"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}]
        )

    return _entrer


@pytest.mark.exigence("S-14", "S-109", "S-110", "S-111", "S-112")
def test_chercher_deplier_agir_et_revenir(page: Page, entrer):
    monde = Monde()
    session = monde.session()
    monde.session("s2", action=monde.nouvelle_action("ACTION-2"))
    entrer(page.context, monde.gestionnaire)
    page.goto("/catalogue/")
    page.get_by_label("Rechercher une formation").fill("CHEVILLY action-1")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/catalogue/\?q=CHEVILLY"))
    bloc = page.locator(f"#session-{session.pk}")
    bascule = page.get_by_role("link", name=re.compile("1.session programmée pour ACTION-1"))
    expect(bascule).to_have_attribute("aria-expanded", "false")
    bascule.click()
    expect(bloc).to_be_visible()
    expect(page).to_have_url(re.compile(rf"q=CHEVILLY.*&o={monde.offre.pk}&a={monde.action.pk}"))
    page.go_back()
    expect(bloc).to_have_count(0)
    page.go_forward()
    expect(bloc).to_be_visible()

    # After an operation the search and the branches are the same, and the record is in the viewport.
    bloc.get_by_text("Opérations").click()
    bloc.get_by_role("button", name="Ouvrir à l'inscription").click()
    expect(page.get_by_role("status").first).to_contain_text("a bien été ouverte à l'inscription")
    expect(page).to_have_url(re.compile(rf"q=CHEVILLY.*&a={monde.action.pk}#session-{session.pk}"))
    expect(bloc).to_contain_text("Active")
    expect(bloc).to_be_in_viewport()
    bloc.get_by_text("Opérations").click()
    bloc.get_by_role("link", name="Consulter").click()
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    page.go_back()
    expect(bloc).to_be_visible()

    # A filter keeps the search; the description unfolds in the page.
    page.get_by_role("link", name=re.compile("^Active 1")).click()
    expect(page).to_have_url(re.compile(r"q=CHEVILLY.*&statut=active"))
    expect(page.get_by_role("link", name=re.compile("^Active 1"))).to_have_attribute("aria-current", "true")
    expect(page.get_by_text("1 action correspond à ce qui est demandé.")).to_be_visible()
    descriptif = page.locator("article .descriptif")
    expect(descriptif.locator("div")).not_to_be_visible()
    descriptif.get_by_text("Descriptif").click()
    expect(descriptif.locator("div")).to_be_visible()
    page.get_by_text("Plus de filtres").click()
    page.get_by_label("Modalités d'enseignement").select_option("mixte")
    page.get_by_role("button", name="Appliquer les filtres").click()
    expect(page).to_have_url(re.compile(r"q=CHEVILLY[^&]*&statut=active&enseignement=mixte$"))
    expect(page.get_by_role("heading", name=re.compile("Rien ne correspond"))).to_be_visible()
    page.get_by_role("link", name="Effacer les filtres").click()
    expect(page).to_have_url(re.compile("/catalogue/$"))


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_au_clavier_seul(page: Page, entrer):
    monde = Monde()
    monde.session()
    entrer(page.context, monde.gestionnaire)
    page.goto("/catalogue/")
    page.get_by_label("Rechercher une formation").focus()
    bascule = page.locator(f"#bascule-offre-{monde.offre.pk}")
    for _ in range(25):
        page.keyboard.press("Tab")
        if bascule.evaluate("e => e === document.activeElement"):
            break
    page.keyboard.press("Enter")
    expect(page.locator(f"#action-{monde.action.pk}")).to_be_visible()
    expect(bascule).to_be_focused()
    expect(bascule).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("Tab")
    expect(page.get_by_role("checkbox", name="Cocher ACTION-1")).to_be_focused()
    page.keyboard.press("Tab")
    menu = page.locator(f"#action-{monde.action.pk} > .action-tete summary")
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.locator(f"#action-{monde.action.pk}").get_by_role("link", name="Consulter")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    expect(
        page.locator(f"#action-{monde.action.pk}").get_by_role("link", name="Consulter")
    ).not_to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_deux_clics_rapides_gardent_les_deux_branches(page: Page, entrer):
    monde = Monde()
    premiere, seconde = monde.session(), monde.session("s2", action=monde.nouvelle_action("ACTION-2"))
    entrer(page.context, monde.gestionnaire)
    page.goto(f"/catalogue/?o={monde.offre.pk}")
    page.evaluate("for (const a of document.querySelectorAll('.action .bascule')) a.click()")
    expect(page.locator(f"#session-{premiere.pk}")).to_be_visible()
    expect(page.locator(f"#session-{seconde.pk}")).to_be_visible()
    expect(page).to_have_url(re.compile("&a=[0-9]+&a=[0-9]+$"))
    page.reload()
    expect(page.locator(f"#session-{premiere.pk}")).to_be_visible()
    expect(page.locator(f"#session-{seconde.pk}")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_suivant_avant_que_le_retour_soit_fini(page: Page, entrer):
    monde = Monde()
    entrer(page.context, monde.gestionnaire)
    page.goto("/catalogue/")
    page.get_by_role("link", name="1 action de OFFRE-1").click()
    action = page.locator(f"#action-{monde.action.pk}")
    expect(action).to_be_visible()
    retenus: list[Route] = []
    page.route("**/htmx*.js", lambda route: retenus.append(route))
    with page.expect_request("**/htmx*.js"):
        page.go_back()
    page.go_forward(wait_until="commit")
    expect(page).to_have_url(re.compile(f"o={monde.offre.pk}$"))
    expect(action).to_have_count(0)
    retenus.pop().continue_()
    page.unroute("**/htmx*.js")
    expect(action).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_deconnecte_entre_temps_on_se_reconnecte(page: Page, entrer):
    monde = Monde()
    entrer(page.context, monde.gestionnaire)
    page.goto("/catalogue/")
    page.context.clear_cookies()
    page.locator(f"#bascule-offre-{monde.offre.pk}").click()
    expect(page).to_have_url(re.compile("/connexion/"))
    expect(page.get_by_role("button", name="Se connecter")).to_be_visible()


def test_axe_et_les_largeurs(navigateur: Browser, live_server, entrer):
    monde = Monde()
    loin = Adresse.objects.create(
        organisme=monde.organisme, titre="Loin", denomination="I", ligne_5="Lieu-dit", code_postal="51290",
        ville="Saint-Remy-en-Bouzemont-Saint-Genest-et-Isson",
    )  # fmt: skip
    executer(
        monde.offre,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"intitule": "Logistique " * 22 + "ABCDEFGHIJKLM"},
    )
    executer(
        monde.action,
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"lieu_de_formation": loin, "ht_20": 0, "ttc_20": 0},
    )
    monde.session("W" * 30, ouverte=True)
    monde.session("s2")
    valeurs = {"identifiant": "M" * 30}
    executer(
        Action(organisme=monde.organisme, offre=monde.offre),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs=valeurs,
    )
    contexte = navigateur.new_context(base_url=live_server.url, bypass_csp=True)
    entrer(contexte, monde.gestionnaire)
    page = contexte.new_page()
    ouverte = f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}"
    constats: list[str] = []
    for adresse in (
        "/catalogue/",
        ouverte,
        "/catalogue/?q=rien",
        "/catalogue/?q=wwww&statut=active",
        "/catalogue/?du=31/02/2030&ville=X&type=vae",
    ):
        constats = constater_a_ces_tailles(page, TAILLES, adresse, constats)
    page.goto(ouverte)
    page.locator(".descriptif summary").click()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    page.locator(f"#action-{monde.action.pk} .session .menu summary").first.click()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats, sous=".menu[open]")
    assert page.locator("text=0,00 €").count() == 1
    contexte.close()
    assert constats == []
