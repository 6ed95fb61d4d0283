"""What a save loses, announced in a real browser, with and without JavaScript, with the keyboard alone."""

import datetime as dt

import pytest
from playwright.sync_api import Page, expect

from catalogue.models import Action
from edof.horloge import a_l_instant, aujourd_hui, minuit
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater, constater_a_ces_tailles
from tests.e2e.conftest import avec_javascript
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})


@pytest.fixture
def monde(db: None) -> Monde:
    """Return an organisme of yesterday: two visible sessions with fixed dates, and a validée one."""
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        monde = Monde()
        for nom in ("S-01", "S-02"):
            monde.session(nom, ouverte=True)
        monde.session("S-03")
    publier(aujourd_hui(), par="test")
    return monde


def changer(page: Page, action: Action) -> None:
    """Make the action permanent in its form, and press « Enregistrer »."""
    page.goto(f"/catalogue/actions/{action.pk}/modifier/")
    page.get_by_label("Permanentes (sans dates fixes)").check()
    page.get_by_role("button", name="Enregistrer", exact=False).last.press("Enter")
    expect(page.get_by_role("heading", name="Avant d'enregistrer")).to_be_visible()


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_la_perte_est_dite_puis_reparee(page: Page, monde: Monde):
    entrer(page, monde.gestionnaire.courriel)
    changer(page, monde.action)
    annonce = page.locator(".impact-annonce")
    expect(annonce).to_contain_text("3 sessions deviennent incohérentes, dont 2 visibles")
    if avec_javascript(page):
        expect(annonce).to_be_focused()
    annonce.get_by_text("Voir les 3 sessions").press("Enter")
    expect(annonce.get_by_text("S-03")).to_be_visible()
    # Going back keeps what was chosen; nothing was saved.
    annonce.get_by_role("button", name="Revenir au formulaire").press("Enter")
    expect(annonce).to_have_count(0)
    expect(page.get_by_label("Permanentes (sans dates fixes)")).to_be_checked()
    assert Action.objects.get(pk=monde.action.pk).modalites_entrees_sorties == "dates_fixes"
    changer(page, monde.action)
    annonce.get_by_label("Vider les dates de ces 3 sessions").press(" ")
    annonce.get_by_role("button", name="Continuer").press("Enter")
    expect(page.get_by_text("Les dates sont vidées : 3 sessions sans dates.").first).to_be_visible()
    assert Session.objects.filter(pas_de_dates=True, date_debut=None).count() == 3


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_axe_et_les_largeurs(page: Page, monde: Monde):
    entrer(page, monde.gestionnaire.courriel)
    constats: list[str] = []
    changer(page, monde.action)
    page.get_by_text("Voir les 3 sessions").click()
    constats = constater_a_ces_tailles(page, TAILLES, None, constats)
    constats = constater(page, "/compte/", constats)
    assert constats == []
