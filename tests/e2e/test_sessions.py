"""« Sessions » in a real browser, with and without JavaScript: filtered, saved, by month, and its menus."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from bureau.sessions.ligne import longueur
from edof.horloge import aujourd_hui
from organismes.models import Vue
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.e2e.conftest import avec_javascript
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})
LES_DEUX = pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-js", "sans-js"])


@pytest.fixture
def annee(monde: Monde) -> Monde:
    """Give the organisme a dozen sessions, two of them open, in the next months."""
    for rang in range(12):
        debut = aujourd_hui() + dt.timedelta(20 + 9 * rang)
        dates = {"date_debut": debut, "date_fin": debut + dt.timedelta(4)}
        monde.session(f"LOG-{rang:02}", ouverte=rang < 2, **dates)
    return monde


@LES_DEUX
def test_filtrer_enregistrer_revenir(page: Page, annee: Monde):
    entrer(page, annee.gestionnaire.courriel)
    page.get_by_role("link", name="Sessions", exact=True).click()
    page.get_by_role("link", name="Prêtes à ouvrir 10").click()
    expect(page.locator(".entete-page")).to_contain_text("10 sessions répondent à vos filtres, sur 12")
    page.get_by_role("link", name="Plus de filtres").click()
    page.get_by_label("Contact d'inscription").select_option("Avec contact")
    page.get_by_role("button", name="Appliquer les filtres").click()
    expect(page.locator(".pose")).to_contain_text("Avec contact")
    page.get_by_role("link", name="Identifiant").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Identifiant")
    page.get_by_role("link", name="Enregistrer cette vue").click()
    page.get_by_label("Nom de la vue").fill("À ouvrir")
    page.get_by_role("button", name="Enregistrer la vue").click()
    expect(page.locator(".sessions-vues")).to_contain_text("À ouvrir")
    page.get_by_role("link", name="Tout effacer").click()
    expect(page.locator("th[aria-sort=ascending]")).to_contain_text("Identifiant")
    page.get_by_role("link", name="À ouvrir", exact=True).click()
    expect(page.locator(".sessions-table tbody tr")).to_have_count(10)
    assert Vue.objects.get().parametres == "etape=prete&contact=avec"


@LES_DEUX
def test_les_colonnes_et_le_menu_d_une_ligne(page: Page, annee: Monde):
    entrer(page, annee.gestionnaire.courriel)
    page.goto("/catalogue/sessions/")
    page.locator(".sessions-colonnes > summary").click()
    page.get_by_label("Garantie").uncheck()
    page.get_by_label("Contact", exact=True).check()
    page.get_by_role("button", name="Montrer ces colonnes").click()
    expect(page.locator("thead")).to_contain_text("Contact")
    expect(page.locator("thead")).not_to_contain_text("Garantie")
    page.get_by_role("link", name="Opérations : LOG-05").click()
    if not avec_javascript(page):
        expect(page).to_have_url(re.compile("/catalogue/sessions/[0-9]+/$"))
        return
    menu = page.locator("#session-{} .menu[open]".format(annee.action.sessions.get(identifiant="LOG-05").pk))
    expect(menu.locator("summary")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_have_count(0)
    page.keyboard.press("Enter")
    menu.get_by_role("button", name="Ouvrir à l'inscription").click()
    expect(page.get_by_role("status").first).to_contain_text("La session a bien été ouverte")
    expect(page.locator(".entete-page")).to_contain_text("Sessions")


@LES_DEUX
def test_le_mois_et_ses_autres(page: Page, annee: Monde):
    debut = aujourd_hui().replace(day=1) + dt.timedelta(70)
    lundi = debut + dt.timedelta(7 - debut.weekday())
    for rang in range(5):
        annee.session(f"PLEIN-{rang}", date_debut=lundi, date_fin=lundi + dt.timedelta(2))
    entrer(page, annee.gestionnaire.courriel)
    page.goto(f"/catalogue/sessions/?vue=mois&mois={lundi:%Y-%m}&q=plein")
    expect(page.locator(".barre-session")).to_have_count(3)
    page.get_by_role("link", name=re.compile("et 2 autres cette semaine")).click()
    expect(page.locator(".sessions-table tbody tr")).to_have_count(5)
    page.get_by_role("link", name="Mois", exact=True).click()
    page.locator("a[rel=next]").click()
    expect(page.locator(".mois-vide")).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-js"])
def test_axe_et_les_largeurs(page: Page, annee: Monde):
    Vue.objects.create(membre=annee.gestionnaire.membres.get(), nom="Sans contact", parametres="contact=sans")
    entrer(page, annee.gestionnaire.courriel)
    constats: list[str] = []
    for adresse in (
        "/catalogue/sessions/?contact=avec&debut_du=01/01/2026",
        "/catalogue/sessions/?plus=1",
        "/catalogue/sessions/?q=introuvable",
        f"/catalogue/sessions/?vue=mois&mois={aujourd_hui() + dt.timedelta(40):%Y-%m}",
        "/catalogue/sessions/vues/ajouter/?contact=avec",
    ):
        constats = constater_a_ces_tailles(page, TAILLES, adresse, constats)
    assert constats == []


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_le_formulaire_compte_les_jours_comme_la_liste(page: Page, monde: Monde):
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/?identifiant=duree")
    longues = [((2027, 12, 31), (2028, 3, 1)), ((2027, 1, 30), (2028, 1, 30)), ((2027, 1, 1), (2027, 3, 31))]
    for du, au in ((dt.date(*du), dt.date(*au)) for du, au in longues):
        page.get_by_label("Du", exact=True).fill(f"{du:%d/%m/%Y}")
        page.get_by_label("au", exact=True).fill(f"{au:%d/%m/%Y}")
        expect(page.locator("#duree")).to_have_text("soit " + longueur(du, au).replace("\xa0", " "))
    page.get_by_label("au", exact=True).fill("02/01/2027")
    expect(page.locator("#duree")).to_have_text("soit 2 jours")
