"""« Modifier en tableau » in a real browser: the keyboard of a spreadsheet, a block from Excel, no script."""

import datetime as dt
import re

import pytest
from playwright.sync_api import Page, expect

from edof.horloge import aujourd_hui
from sessions_app.models import Session
from tests.carnet import nouveau
from tests.conftest import Monde
from tests.e2e.axe import constater
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})
ANNEE = aujourd_hui().year + 1
COLLER = """bloc => {
  const donnees = new DataTransfer();
  donnees.setData("text/plain", bloc);
  const options = { clipboardData: donnees, bubbles: true, cancelable: true };
  document.activeElement.dispatchEvent(new ClipboardEvent("paste", options));
}"""
COPIER = """() => {
  const donnees = new DataTransfer();
  const options = { clipboardData: donnees, bubbles: true, cancelable: true };
  document.activeElement.dispatchEvent(new ClipboardEvent("copy", options));
  return donnees.getData("text/plain");
}"""
ICI = "document.activeElement.name || document.activeElement.textContent.trim()"
BLOC = f"S-09\t6 sept. {ANNEE}\t10/09/{ANNEE}\toui\nS-10\t04.10.{ANNEE} 09:00\t08/10/{ANNEE}\tNon\n"
seulement_avec = pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
seulement_sans = pytest.mark.parametrize("page", [False], indirect=True, ids=["sans-javascript"])


@pytest.fixture
def sessions(monde: Monde) -> list[Session]:
    """Create three sessions of five days, and a second contact."""
    nouveau(monde, prenom="Nadia", nom="Roux", courriel="nadia@ilvm.example")
    return [
        monde.session(f"S-0{m}", date_debut=dt.date(ANNEE, m, 1), date_fin=dt.date(ANNEE, m, 5))
        for m in (1, 2, 3)
    ]


def ouvrir(page: Page, monde: Monde) -> None:
    """Sign in, and go to the table from the catalogue."""
    entrer(page, monde.gestionnaire.courriel)
    page.goto(f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}")
    page.get_by_role("link", name=re.compile("Modifier en tableau")).first.click()
    expect(page.get_by_role("heading", name="Modifier les sessions en tableau")).to_be_visible()
    # The title is there before the script that the cells listen to.
    page.wait_for_load_state("load")


def relue(session: Session) -> Session:
    """Return the session as it is in the database."""
    return Session.objects.get(pk=session.pk)


@seulement_avec
def test_au_clavier_seul(page: Page, monde: Monde, sessions: list[Session]):
    ouvrir(page, monde)
    clavier = page.keyboard
    page.get_by_label("Contact d'inscription : S-01").focus()
    # What is typed takes the place of the cell; Enter goes down; a range takes its first line.
    clavier.type("Nadia Roux")
    clavier.press("ArrowUp")
    clavier.press("Shift+ArrowDown")
    clavier.press("Shift+ArrowDown")
    clavier.press("Control+d")
    for session in sessions:
        cellule = page.get_by_label(f"Contact d'inscription : {session.identifiant}")
        expect(cellule).to_have_value("Nadia Roux")
        # What the blue edge says, for who listens.
        expect(cellule).to_have_accessible_description("changée, pas encore enregistrée")
    expect(page.get_by_label("Identifiant : S-01")).to_have_accessible_description("")
    expect(page.get_by_role("button", name="Enregistrer 3 lignes")).to_be_visible()
    # Arrows go from cell to cell; Escape gives the old value back.
    clavier.press("ArrowLeft")
    assert page.evaluate(ICI) == "l-2-garantie"
    clavier.press("ArrowLeft")
    clavier.type("hier")
    clavier.press("Escape")
    expect(page.get_by_label("au : S-03")).to_have_value(f"05/03/{ANNEE}")
    clavier.press("Enter")
    clavier.press("Backspace")
    clavier.press("ArrowLeft")
    assert page.evaluate(ICI) == "l-2-date_fin"
    clavier.press("Escape")
    # Again, then Tab: out of the table, to what follows.
    clavier.press("Escape")
    clavier.press("Tab")
    assert "Coller depuis un tableur" in page.evaluate(ICI)
    clavier.press("Shift+Tab")
    assert page.evaluate("document.activeElement.closest('.tableau-region') !== null")
    # Checked while it is typed, with the sentence of the form and its repair, by a link of the foot.
    page.get_by_label("Du : S-02").focus()
    clavier.type(f"8 févr. {ANNEE}")
    clavier.press("Enter")
    assert page.evaluate(ICI) == "l-2-date_debut"
    phrase = page.locator("#l-1-phrase")
    expect(phrase).to_contain_text("La date de fin doit être postérieure à la date de début.")
    expect(page.get_by_label("Du : S-02")).to_have_value(f"08/02/{ANNEE}")
    fin = page.get_by_label("au : S-02")
    expect(fin).to_have_attribute("aria-describedby", "l-1-phrase")
    page.get_by_role("link", name="1 cellule à corriger").press("Enter")
    assert page.evaluate(ICI) == "l-1-date_fin"
    phrase.get_by_role("button", name=f"Mettre le 12/02/{ANNEE}").press("Enter")
    expect(phrase).to_be_hidden()
    expect(fin).to_have_value(f"12/02/{ANNEE}")
    # The last line is always an empty one.
    clavier.press("ArrowDown")
    clavier.press("ArrowDown")
    page.get_by_label("Identifiant : ligne 4").focus()
    clavier.type("S-NEUVE")
    expect(page.get_by_label("Identifiant : ligne 5")).to_be_visible()
    page.get_by_role("button", name="Enregistrer 4 lignes").press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("3 sessions modifiées et 1 session créée.")
    assert relue(sessions[1]).date_fin == dt.date(ANNEE, 2, 12)
    assert {relue(s).contact_inscription.prenom for s in sessions} == {"Nadia"}
    page.get_by_role("button", name="Annuler").first.press("Enter")
    expect(page.get_by_role("status").first).to_contain_text("L'enregistrement du tableau a été annulé")
    assert relue(sessions[1]).date_fin == dt.date(ANNEE, 2, 5) and monde.action.sessions.count() == 3


@seulement_avec
def test_un_bloc_d_excel(page: Page, monde: Monde, sessions: list[Session]):
    ouvrir(page, monde)
    page.get_by_label("Modalités particulières : S-01").fill("Le soir")
    page.get_by_label("Identifiant : ligne 4").focus()
    page.evaluate(COLLER, BLOC)
    collage = page.locator("#collage")
    expect(collage).to_contain_text("2 lignes collées, 8 cellules. Dates lues jour/mois/année.")
    expect(collage).to_contain_text("Heure retirée.")
    expect(page.get_by_label("Du : ligne 4")).to_have_value(f"06/09/{ANNEE}")
    expect(page.get_by_label("Du : ligne 4")).not_to_have_value("")
    expect(page.get_by_label("Garantie : ligne 5")).to_have_value("non")
    # What was typed before is still there, and the line after the block is empty.
    expect(page.get_by_label("Modalités particulières : S-01")).to_have_value("Le soir")
    expect(page.get_by_label("Identifiant : ligne 6")).to_have_value("")
    expect(page.get_by_role("button", name="Enregistrer 3 lignes")).to_be_visible()
    assert page.evaluate(ICI) == "l-3-identifiant"
    # What is typed since the paste stays too.
    page.get_by_label("Modalités particulières : S-02").fill("Le samedi")
    page.get_by_role("button", name="Annuler le collage").click()
    expect(page.get_by_role("button", name="Enregistrer 2 lignes")).to_be_visible()
    expect(page.get_by_label("Identifiant : ligne 4")).to_have_value("")
    expect(page.get_by_label("Modalités particulières : S-02")).to_have_value("Le samedi")
    page.get_by_label("Modalités particulières : S-02").fill("")
    page.get_by_label("Identifiant : ligne 4").focus()
    page.evaluate(COLLER, BLOC)
    expect(collage).to_contain_text("2 lignes collées")
    # A range is copied as a spreadsheet reads it.
    page.get_by_label("Identifiant : ligne 4").focus()
    page.keyboard.press("Shift+ArrowDown")
    page.keyboard.press("Shift+ArrowRight")
    assert page.evaluate(COPIER) == f"S-09\t06/09/{ANNEE}\nS-10\t04/10/{ANNEE}"
    page.get_by_role("button", name="Enregistrer 3 lignes").click()
    expect(page.get_by_role("status").first).to_contain_text("1 session modifiée et 2 sessions créées.")
    neuve = monde.action.sessions.get(identifiant="S-10")
    assert neuve.date_debut == dt.date(ANNEE, 10, 4) and neuve.garantie is False
    assert neuve.contact_inscription == monde.contact


@seulement_sans
def test_sans_script(page: Page, monde: Monde, sessions: list[Session]):
    ouvrir(page, monde)
    page.get_by_label("Du : S-02").fill(f"08/02/{ANNEE}")
    page.get_by_label("Identifiant : ligne 4").fill("S-04")
    page.get_by_label("Identifiant : ligne 4").press("Enter")
    expect(page.locator("#l-1-phrase")).to_contain_text("La date de fin doit être postérieure")
    expect(page.get_by_text("1 cellule à corriger")).to_be_visible()
    page.get_by_role("button", name=f"Mettre le 12/02/{ANNEE}").click()
    expect(page.get_by_label("au : S-02")).to_have_value(f"12/02/{ANNEE}")
    page.get_by_text("Coller depuis un tableur").click()
    page.get_by_label("Lignes copiées").fill(BLOC)
    page.get_by_role("button", name="Coller dans le tableau").click()
    expect(page.locator("#collage")).to_contain_text("2 lignes collées")
    page.get_by_role("button", name="Ajouter des lignes").click()
    expect(page.get_by_label("Identifiant : ligne 9")).to_be_visible()
    page.get_by_role("button", name="Enregistrer 4 lignes").click()
    expect(page.get_by_role("status").first).to_contain_text("1 session modifiée et 3 sessions créées.")
    assert relue(sessions[1]).date_fin == dt.date(ANNEE, 2, 12)
    page.get_by_role("button", name="Annuler").first.click()
    expect(page.get_by_role("status").first).not_to_contain_text("1 session modifiée et 3 sessions créées.")
    assert monde.action.sessions.count() == 3


@seulement_avec
def test_axe_et_les_largeurs(page: Page, monde: Monde, sessions: list[Session]):
    entrer(page, monde.gestionnaire.courriel)
    constats: list[str] = []
    adresse = f"/catalogue/actions/{monde.action.pk}/tableau/"
    for taille in TAILLES:
        page.set_viewport_size(taille)
        constats = constater(page, adresse, constats)
        page.get_by_label("Du : S-02").fill("hier")
        page.get_by_label("Du : S-02").press("Enter")
        page.locator("#l-1-phrase").wait_for()
        page.get_by_label("Identifiant : ligne 4").focus()
        page.evaluate(COLLER, BLOC)
        page.locator("#collage strong").wait_for()
        constats = constater(page, None, constats)
        # The identifier stays at the left, and the sentence in view.
        page.locator(".tableau-region").evaluate("region => region.scrollLeft = 400")
        expect(page.get_by_label("Identifiant : S-01")).to_be_in_viewport()
        expect(page.locator("#l-1-phrase p").first).to_be_in_viewport(ratio=0.9)
    cles = ",".join(str(session.pk) for session in sessions)
    constats = constater(page, f"/catalogue/sessions/tableau/?cles={cles}", constats)
    assert constats == []
