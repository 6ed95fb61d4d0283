"""« Importer » in a real browser: the messy workbook, from drop to sessions, with and without JavaScript."""

import re
from typing import Any

import pytest
from playwright.sync_api import FilePayload, Page, expect

from edof.horloge import aujourd_hui, demain
from publication.passages import publier
from sessions_app.models import Session
from tests.conftest import Monde
from tests.e2e.axe import constater_a_ces_tailles
from tests.e2e.clavier import aller, presser
from tests.echanges.monde import classeur, en_octets
from tests.outils import entrer

TAILLES = ({"width": 1280, "height": 900}, {"width": 360, "height": 740}, {"width": 320, "height": 640})
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def planning(*rangees: tuple[str | None, ...]) -> FilePayload:
    """Return a workbook as a person keeps it: a title, then the sessions."""
    titres = ("Code action", "N° session", "Début", "Fin", "Garantie ?", "Contact", "Lieu")
    octets = en_octets(classeur(("Planning",), (), titres, *rangees))
    return {"name": "planning-2099.xlsx", "mimeType": XLSX, "buffer": octets}


def ligne(
    nom: str, debut: str, fin: str, garantie: str = "o", contact: str = "service inscriptions"
) -> tuple:
    """Return a row."""
    return ("ACTION-1", nom, debut, fin, garantie, contact, "siege")


@pytest.mark.parametrize("page", [True, False], indirect=True, ids=["avec-javascript", "sans-javascript"])
def test_du_classeur_aux_sessions_puis_retour(page: Page, monde: Monde) -> None:
    entrer(page, monde.gestionnaire.courriel)
    page.goto("/catalogue/sessions/")
    page.get_by_role("link", name="Importer").click()
    fichier = planning(
        ligne("S1", "1er mars 2099", "5.3.2099"), ligne("S2", "31/02/2099", "05/03/2099"),
        ligne("S3", "09/31/2099", "02/10/2099"), ligne("S4", "06/04/2099", "09/04/2099", "à voir"),
        ligne("S5", "04/05/2099", "08/05/2099", "n", "I. Service"), ("TOTAL", None, None, None),
    )  # fmt: skip
    page.get_by_label("Fichier").set_input_files(fichier)
    page.get_by_role("button", name="Voir ce qu'il ferait").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("planning-2099.xlsx")
    expect(page.locator("main")).to_contain_text("titres à la ligne 3")
    expect(page.locator("main")).to_contain_text("2 valeurs que nous ne connaissons pas")
    page.get_by_label("Garantie · sans choix").select_option("Non")
    page.get_by_label("Contact d'inscription · sans choix").select_option(index=1)
    page.get_by_role("button", name="Retenir ces choix").click()
    expect(page.get_by_role("link", name="Erreurs 2")).to_be_visible()
    page.get_by_role("button", name="Prendre 30/09/2099").click()
    expect(page.locator("main")).to_contain_text("Réparée : la ligne sera créée")
    # A wrong repair keeps what was typed, and says why.
    cellule = page.get_by_label("Du, ligne 5")
    cellule.fill("30/02/2099")
    cellule.press("Enter")
    expect(page.get_by_role("link", name="Erreurs 1")).to_be_visible()
    expect(page.get_by_label("Du, ligne 5")).to_have_value("30/02/2099")
    assert not Session.objects.exists()
    page.get_by_role("button", name="Appliquer 4 lignes").click()
    expect(page.get_by_role("heading", name="4 créations, 0 modification")).to_be_visible()
    assert Session.objects.filter(statut="validee").count() == 4
    with page.expect_download() as telechargement:
        page.get_by_role("link", name="Télécharger les lignes refusées").click()
    refusees = telechargement.value.path()
    page.get_by_role("button", name="Annuler l'import").click()
    expect(page.locator("main")).to_contain_text("4 remises comme avant")
    assert not Session.objects.exists()
    page.get_by_role("link", name="Tous les imports").click()
    page.get_by_label("Fichier").set_input_files(
        {"name": "a-corriger.xlsx", "mimeType": XLSX, "buffer": refusees.read_bytes()}
    )
    page.get_by_role("button", name="Voir ce qu'il ferait").click()
    page.get_by_label("Du, ligne 2").fill("27/02/2099")
    page.get_by_role("button", name="Vérifier les réparations").last.click()
    page.get_by_role("button", name=re.compile("Appliquer 1 ligne")).click()
    expect(page.get_by_role("heading", name="1 création, 0 modification")).to_be_visible()


@pytest.mark.parametrize(
    ("page", "largeur"),
    [(True, 1280), (False, 360)],
    indirect=["page"],
    ids=["avec-javascript-1280", "sans-javascript-360"],
)
def test_du_classeur_aux_sessions_visibles_au_clavier_seul(
    page: Page, monde: Monde, largeur: int, settings: Any
) -> None:
    page.set_viewport_size({"width": largeur, "height": 740})
    entrer(page, monde.gestionnaire.courriel, vers="/catalogue/importer/")
    fichier = planning(
        ligne("S1", "1er mars 2099", "5.3.2099"), ligne("S2", "31/02/2099", "05/03/2099"),
        ligne("S3", "09/31/2099", "02/10/2099"), ligne("S4", "06/04/2099", "09/04/2099", "à voir"),
        ligne("S5", "04/05/2099", "08/05/2099", "n", "I. Service"), ligne("S6", "x", "08/05/2099"),
    )  # fmt: skip
    # The window that chooses a file is that of the system.
    page.get_by_label("Fichier").set_input_files(fichier)
    presser(page, page.get_by_role("button", name="Voir ce qu'il ferait"))
    presser(page, page.get_by_role("link", name="Corriger la correspondance"))
    presser(page, page.get_by_role("button", name="Relire le fichier"))
    aller(page, page.get_by_label("Garantie · sans choix"))
    page.keyboard.type("Non")
    aller(page, page.get_by_label("Contact d'inscription · sans choix"))
    page.keyboard.press("ArrowDown")
    presser(page, page.get_by_role("button", name="Retenir ces choix"))
    expect(page.get_by_role("link", name="Erreurs 3")).to_be_visible()
    presser(page, page.get_by_role("button", name="Prendre 30/09/2099"))
    expect(page.get_by_role("link", name="Erreurs 2")).to_be_visible()
    aller(page, page.get_by_label("Du, ligne 5"))
    page.keyboard.press("Control+a")
    page.keyboard.type("27/02/2099")
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Erreurs 1")).to_be_visible()
    presser(page, page.get_by_role("button", name="Appliquer 5 lignes"))
    expect(page.get_by_role("heading", name="5 créations, 0 modification")).to_be_visible()
    aller(page, page.get_by_role("link", name="Télécharger les lignes refusées"))
    with page.expect_download() as telechargement:
        page.keyboard.press("Enter")
    assert telechargement.value.suggested_filename.endswith(".xlsx")
    presser(page, page.get_by_role("button", name="Annuler l'import"))
    expect(page.locator("main")).to_contain_text("5 remises comme avant")
    assert not Session.objects.exists()
    presser(page, page.get_by_role("link", name="Tous les imports"))
    page.get_by_label("Fichier").set_input_files(fichier)
    presser(page, page.get_by_role("button", name="Voir ce qu'il ferait"))
    # What was chosen for unknown values is remembered.
    presser(page, page.get_by_role("button", name="Appliquer 3 lignes"))
    expect(page.get_by_role("heading", name="3 créations, 0 modification")).to_be_visible()
    page.goto("/catalogue/sessions/?statut=validee")
    for nom in ("S1", "S4", "S5"):
        presser(page, page.get_by_role("checkbox", name=f"Cocher {nom}", exact=True), "Space")
    presser(page, page.get_by_role("button", name="Ouvrir…"))
    presser(page, page.get_by_role("button", name="Ouvrir les 3 sessions"))
    expect(page.get_by_role("heading", name="3 ouvertes")).to_be_visible()
    settings.EDOF_AUJOURDHUI = demain()
    publier(aujourd_hui(), par="test")
    page.goto("/catalogue/sessions/?visibilite=visibles")
    for nom in ("S1", "S4", "S5"):
        expect(page.get_by_role("link", name=nom, exact=True)).to_be_visible()


@pytest.mark.parametrize("page", [True], indirect=True, ids=["avec-javascript"])
def test_les_pages_de_l_import_tiennent_et_se_lisent(page: Page, monde: Monde) -> None:
    session = monde.session("DEJA")
    entrer(page, monde.gestionnaire.courriel, vers="/catalogue/importer/")
    constats: list[str] = constater_a_ces_tailles(page, TAILLES, None, [])
    rangees = [ligne(f"S{n}", "01/03/2099", f"0{n + 2}/03/2099") for n in range(5)]
    rangees += [ligne("F" * 30, "31/02/2099", "x", "peut-être bien", "Quelqu'un d'inconnu" * 3)]
    fichier = planning(*rangees, ligne(session.identifiant, "01/03/2099", "05/03/2099", "n"))
    for rang in range(2):
        page.get_by_label("Fichier").set_input_files(fichier)
        page.get_by_role("button", name="Voir ce qu'il ferait").click()
        expect(page.get_by_role("link", name="Corriger la correspondance")).to_be_visible()
        constats = constater_a_ces_tailles(page, TAILLES, None, constats)
        if rang:
            break
        page.get_by_role("link", name="Corriger la correspondance").click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Correspondance des colonnes")
        constats = constater_a_ces_tailles(page, TAILLES, None, constats)
        page.get_by_role("button", name="Relire le fichier").click()
        page.get_by_role("button", name=re.compile("Appliquer")).click()
        expect(page.get_by_role("heading", name="5 créations, 1 modification")).to_be_visible()
        constats = constater_a_ces_tailles(page, TAILLES, None, constats)
        page.get_by_role("link", name="Tous les imports").click()
    expect(page.locator("main")).to_contain_text("a déjà été appliqué")
    constats = constater_a_ces_tailles(page, TAILLES, "/catalogue/importer/guide/", constats)
    assert constats == []
