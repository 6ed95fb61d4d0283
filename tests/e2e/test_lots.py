"""Operations on many sessions in a real browser: with and without JavaScript, by keyboard, at 320 px."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from edof.horloge import aujourd_hui
from lots.execution import demander
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.e2e.conftest import avec_javascript
from tests.lots.monde import nouveau_lot
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})


def sessions(monde: Monde, combien: int = 5) -> None:
    """Create validées sessions, and one that cannot be opened."""
    for n in range(combien):
        debut = aujourd_hui() + dt.timedelta(60 + n)
        monde.session(f"s{n}", date_debut=debut, date_fin=debut + dt.timedelta(4))
    passee = monde.session("passee")
    Session.objects.filter(pk=passee.pk).update(
        date_debut=aujourd_hui() - dt.timedelta(1), dates_saisies_le=aujourd_hui() - dt.timedelta(9)
    )


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_tout_ouvrir_par_filtre_decaler_puis_annuler(page: Page, monde: Monde) -> None:
    sessions(monde)
    entrer(page, monde.gestionnaire.courriel)
    page.goto("/catalogue/sessions/?statut=validee")
    if page.locator("html.avec-js").count():
        page.get_by_role("checkbox", name="Cocher les sessions de cette page").check()
        expect(page.locator("#cochees")).to_contain_text("6 sessions cochées")
    else:
        page.get_by_role("checkbox", name="Les 6 qui répondent aux filtres").check()
    page.get_by_role("button", name="Ouvrir…").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ouvrir 6 sessions à l'inscription")
    expect(page.locator("main")).to_contain_text("La date de début est passée ou trop proche")
    assert not Session.objects.filter(ouverte=True).exists()
    page.get_by_role("button", name="Ouvrir les 5 sessions").click()
    expect(page.get_by_role("heading", name="5 ouvertes")).to_be_visible()
    assert Session.objects.filter(ouverte=True).count() == 5

    page.goto("/catalogue/sessions/")
    for nom in ("s1", "s2", "passee"):
        page.get_by_role("checkbox", name=f"Cocher {nom}", exact=True).check()
    page.get_by_role("button", name="Décaler…").click()
    page.get_by_label("De combien ?").fill("sept")
    page.get_by_role("button", name="Répéter").click()
    expect(page.locator(".resume")).to_contain_text("quelque chose est à corriger")
    page.get_by_label("De combien ?").fill("7")
    page.get_by_label("Unité").select_option("jours")
    page.get_by_role("button", name="Répéter").click()
    page.get_by_role("button", name=re.compile("Décaler les 3 sessions")).click()
    expect(page.get_by_role("heading", name="3 décalées")).to_be_visible()
    assert Session.objects.get(identifiant="s1").date_debut == aujourd_hui() + dt.timedelta(68)
    page.get_by_role("button", name="Annuler le décalage").click()
    expect(page.locator("main")).to_contain_text("3 remises comme avant")
    assert Session.objects.get(identifiant="s1").date_debut == aujourd_hui() + dt.timedelta(61)


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_les_cases_au_clavier_et_d_une_page_a_l_autre(page: Page, monde: Monde) -> None:
    sessions(monde)
    entrer(page, monde.gestionnaire.courriel)
    page.goto("/catalogue/sessions/")
    barre, etat = page.locator(".barre-des-lots"), page.locator("#cochees")
    expect(barre).to_be_hidden()
    page.get_by_role("checkbox", name="Cocher s0", exact=True).focus()
    page.keyboard.press("Space")
    expect(etat).to_contain_text("1 session cochée")
    page.get_by_role("checkbox", name="Cocher s3", exact=True).click(modifiers=["Shift"])
    expect(etat).to_contain_text("4 sessions cochées")
    page.get_by_role("link", name="s4", exact=True).focus()
    page.keyboard.press("x")
    expect(etat).to_contain_text("5 sessions cochées")
    page.goto("/catalogue/sessions/?tri=-dates")
    expect(page.locator("#cochees")).to_contain_text("5 sessions cochées")
    expect(page.get_by_role("checkbox", name="Cocher s2", exact=True)).to_be_checked()
    page.keyboard.press("Escape")
    expect(barre).to_be_hidden()
    page.reload()
    expect(barre).to_be_hidden()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_des_actions_dans_le_catalogue(page: Page, monde: Monde) -> None:
    monde.nouvelle_action("A2")
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/?o={monde.offre.pk}")
    for nom in ("ACTION-1", "A2"):
        page.get_by_role("checkbox", name=f"Cocher {nom}").check()
    expect(page.get_by_role("button", name="Décaler…")).to_be_hidden()
    page.get_by_role("button", name="Changer le prix…").click()
    page.get_by_label("De combien ?").fill("3")
    page.get_by_role("button", name="Répéter").click()
    expect(page.locator("main")).to_contain_text("5 150,00 €")
    page.get_by_role("button", name=re.compile("Changer le prix de.* 2 actions")).click()
    expect(page.get_by_role("heading", name="2 modifiées")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_axe_et_les_largeurs(page: Page, monde: Monde) -> None:
    sessions(monde)
    entrer(page, monde.gestionnaire.courriel)
    constats: list[str] = []
    page.goto("/catalogue/sessions/")
    page.get_by_role("checkbox", name="Cocher s0", exact=True).check()
    page.get_by_role("checkbox", name="Cocher passee", exact=True).check()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    page.get_by_role("button", name="Ouvrir…").click()
    page.get_by_role("heading", name="1 refusée").wait_for()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    page.goto("/catalogue/sessions/")
    page.get_by_role("checkbox", name="Cocher s0", exact=True).check()
    page.locator(".barre-des-lots summary").click()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats, sous=".barre-des-lots")
    page.locator(".barre-des-lots").get_by_role("button", name="Modifier…").last.click()
    page.get_by_role("button", name="Répéter").click()
    page.locator(".resume").wait_for()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    assert constats == []


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_l_avancement_garde_le_focus_et_s_arrete(page: Page, monde: Monde) -> None:
    sessions(monde)
    lot = nouveau_lot(monde, "ouvrir", Session.objects.order_by("pk"))
    demander(lot)
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/lots/{lot.pk}/")
    expect(page.locator("main")).to_contain_text("0 sur 6")
    arreter = page.get_by_role("button", name="Arrêter")
    arreter.focus()
    if avec_javascript(page):
        with page.expect_response(f"**/catalogue/lots/{lot.pk}/"):
            pass
        expect(arreter).to_be_focused()
    else:
        page.get_by_role("link", name="Actualiser").click()
    page.get_by_role("button", name="Arrêter").click()
    expect(page.locator("main")).to_contain_text("6 pas encore faites")
    page.get_by_role("button", name="Reprendre").click()
    expect(page.get_by_role("heading", name="5 ouvertes")).to_be_visible()
