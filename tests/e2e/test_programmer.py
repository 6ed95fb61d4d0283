"""« Programmer » in a real browser, with and without JavaScript: ordered, carried out, refused, mended."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from catalogue.cycle_de_vie import executer
from edof.horloge import PARIS, a_l_instant, aujourd_hui
from edof.templatetags.affichage import date_longue
from organismes.droits import Operation
from sessions_app.programmations_dues import executer_les_programmations
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})


def jour(dans: int) -> dt.date:
    return aujourd_hui() + dt.timedelta(days=dans)


def choisir(page: Page, quoi: str, le: dt.date) -> None:
    """Choose with the keyboard alone what to plan and when, and send the form."""
    page.get_by_role("radio", name=re.compile(quoi)).focus()
    page.keyboard.press("Space")
    champ = page.get_by_role("textbox", name="Jour")
    champ.fill(f"{le:%d/%m/%Y}")
    champ.press("Enter")


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_programmer_changer_annuler(page: Page, monde: Monde):
    session = monde.session()
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    carte = page.locator(f"#session-{session.pk}")
    carte.locator("summary").click()
    carte.get_by_role("link", name="Programmer").click()
    choisir(page, "Visible à partir du", jour(1))
    expect(page.get_by_role("alert")).to_contain_text("Choisissez un jour à partir du")
    choisir(page, "Visible à partir du", jour(5))
    expect(carte).to_contain_text(f"Ouverture programmée le {date_longue(jour(4))}")
    page.goto(f"/catalogue/sessions/{session.pk}/programmer/")
    choisir(page, "Fermer le", jour(9))
    expect(page.get_by_role("status").first).to_contain_text("se fermera le")
    page.goto(f"/catalogue/sessions/{session.pk}/programmer/")
    page.get_by_role("button", name=re.compile("Annuler : Fermeture")).click()
    expect(page.get_by_role("status").first).to_contain_text("La programmation est annulée")
    assert list(session.programmations.order_by("pk").values_list("operation", "jour", "etat")) == [
        ("ouvrir", jour(4), "prevue"),
        ("fermer", jour(9), "annulee"),
    ]


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_un_refus_se_repare_ou_s_ecarte_depuis_l_accueil(page: Page, monde: Monde):
    session = monde.session()
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/sessions/{session.pk}/programmer/")
    choisir(page, "Ouvrir le", jour(1))
    expect(page.get_by_role("status").first).to_contain_text("C'est programmé")
    executer(monde.action, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"langue": ""})
    with a_l_instant(dt.datetime.combine(jour(1), dt.time(6), tzinfo=PARIS)):
        executer_les_programmations()
    page.goto("/")
    refusees = page.locator("#refusees")
    expect(refusees).to_contain_text("est en brouillon : validez-la d'abord")
    expect(refusees.get_by_role("link", name=re.compile("Compléter l'action"))).to_be_visible()
    refusees.get_by_role("button", name=re.compile("J'ai compris")).click()
    expect(page.locator("#refusees")).to_have_count(0)


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_axe_et_les_largeurs(page: Page, monde: Monde):
    session = monde.session()
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/sessions/{session.pk}/programmer/")
    choisir(page, "Ouvrir le", jour(3))
    expect(page.get_by_role("status").first).to_contain_text("C'est programmé")
    constats: list[str] = []
    for adresse in (f"/catalogue/sessions/{session.pk}/programmer/", "/catalogue/sessions/"):
        constats = constater_a_ces_tailles(page, TAILLES, adresse, constats)
    assert constats == []
