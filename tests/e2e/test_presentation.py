"""Tests of what a person changes of the looks: spaces between letters, imposed colours; focus, edges seen."""

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.conftest import Monde
from tests.outils import entrer

pytestmark = pytest.mark.django_db(transaction=True)
# RGAA 10.12.
ESPACES = """
* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
p { margin-bottom: 2em !important }"""
# Texts that their box cuts, and the page when it is wider than the window. What is cut with spaces as they
# are (the second line of a row) is told whole by its page.
COUPES = """() => {
  const tous = [...document.querySelectorAll("body *")].filter((e) => {
    const s = getComputedStyle(e);
    return e.checkVisibility() && e.clientWidth > 2 && s.overflowX === "hidden" && !s.clipPath.includes("50%")
      && e.scrollWidth > e.clientWidth + 2 && !e.title && e.innerText.trim();
  });
  const coupes = tous.map((e) => e.innerText.slice(0, 60));
  return document.documentElement.scrollWidth > innerWidth ? [...coupes, "la page déborde"] : coupes;
}"""
# The contrast of two colours as WCAG counts it.
CONTRASTE = """([une, autre]) => {
  const clarte = (couleur) => couleur.match(/[\\d.]+/g).slice(0, 3).map((n) => n / 255)
    .map((n) => n <= 0.03928 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4)
    .reduce((somme, n, rang) => somme + n * [0.2126, 0.7152, 0.0722][rang], 0);
  const [a, b] = [clarte(une), clarte(autre)].sort((x, y) => y - x);
  return (a + 0.05) / (b + 0.05);
}"""


@pytest.fixture
def onglet(navigateur: Browser, live_server) -> Page:
    contexte = navigateur.new_context(
        base_url=live_server.url, locale="fr-FR", viewport={"width": 1280, "height": 800}, bypass_csp=True
    )
    yield contexte.new_page()
    contexte.close()


@pytest.fixture
def monde() -> Monde:
    monde = Monde()
    monde.session("s1", ouverte=True)
    return monde


def test_des_espaces_plus_grands_ne_coupent_rien(onglet: Page, monde: Monde):
    monde.organisme.raison_sociale = "Institut Logistique du Val-de-Marne"
    monde.organisme.save()
    entrer(onglet, monde.gestionnaire.courriel)
    for adresse in (
        "/", "/catalogue/sessions/", f"/catalogue/actions/{monde.action.pk}/serie/", "/compte/",
        "/formations/", f"/catalogue/actions/{monde.action.pk}/sessions/ajouter/?identifiant=s9",
    ):  # fmt: skip
        for largeur in (1280, 360):
            onglet.set_viewport_size({"width": largeur, "height": 800})
            onglet.goto(adresse)
            onglet.add_style_tag(content=ESPACES)
            assert onglet.evaluate(COUPES) == [], (adresse, largeur)


def test_le_focus_et_les_bords_des_champs_se_voient(onglet: Page, monde: Monde):
    """One of the two colours of the focus is seen on any ground; a field is seen on that of the page."""
    for adresse, champ in (("/formations/", "#tri"), ("/admin/", None)):
        onglet.goto(adresse)
        onglet.keyboard.press("Tab")
        bague, joint, encre, papier = onglet.evaluate(
            """() => {
              const style = getComputedStyle(document.activeElement);
              const joint = style.boxShadow.match(/rgba?\\([^)]*\\)/)[0];
              return [style.outlineColor, joint, getComputedStyle(document.body).color, "rgb(255, 255, 255)"];
            }"""
        )  # fmt: skip
        assert onglet.evaluate(CONTRASTE, [joint, papier]) >= 3
        assert (
            onglet.evaluate(CONTRASTE, [bague, encre]) >= 3
            and onglet.evaluate(CONTRASTE, [bague, joint]) >= 3
        )
        if champ:
            bord, fond = onglet.evaluate(
                "(champ) => [getComputedStyle(document.querySelector(champ)).borderTopColor,"
                " getComputedStyle(document.body).backgroundColor]",
                champ,
            )
            assert onglet.evaluate(CONTRASTE, [bord, fond]) >= 3


def test_ce_qui_prend_le_focus_n_est_pas_sous_le_bouton(onglet: Page, monde: Monde):
    """The button of the filters stays at the foot of the window: what is reached stops above it."""
    onglet.set_viewport_size({"width": 1280, "height": 500})
    onglet.goto("/formations/")
    bouton = onglet.get_by_role("button", name="Appliquer")
    for champ in onglet.locator(".filtre input:visible").all():
        champ.focus()
        place, pied = champ.bounding_box(), bouton.bounding_box()
        assert place["y"] + place["height"] <= pied["y"] or place["y"] >= pied["y"] + pied["height"]


def test_avec_les_couleurs_du_systeme_ce_qui_est_choisi_se_voit(onglet: Page, monde: Monde):
    onglet.emulate_media(forced_colors="active")
    entrer(onglet, monde.gestionnaire.courriel, "/catalogue/sessions/")
    fond = "e => getComputedStyle(e).backgroundColor"
    for choisi, autre in (("Sessions", "Accueil"), ("Liste", "Mois")):
        liens = [onglet.get_by_role("link", name=nom, exact=True).first for nom in (choisi, autre)]
        expect(liens[0]).to_have_attribute("aria-current", "page")
        assert liens[0].evaluate(fond) != liens[1].evaluate(fond)


def test_un_menu_ouvert_tient_dans_la_fenetre_d_un_telephone(onglet: Page, monde: Monde):
    """Wherever its button is in the row, a menu is whole, and wide enough to be read."""
    session = monde.session("menu")
    monde.nouvelle_action("sans-session")
    entrer(onglet, monde.gestionnaire.courriel)
    place = "e => { const b = e.getBoundingClientRect(); return [b.left, innerWidth - b.right, b.width]; }"
    for adresse, nombre in (
        (f"/catalogue/?o={monde.offre.pk}&a={monde.action.pk}", 4),
        ("/catalogue/sessions/", 3),
        (f"/catalogue/sessions/{session.pk}/", 1),
        ("/carnet/", 1),
        ("/equipe/", 1),
    ):
        for largeur in (360, 700):
            onglet.set_viewport_size({"width": largeur, "height": 800})
            onglet.goto(adresse)
            boutons = onglet.locator("main .menu > summary:visible, main .col-operations a:visible")
            expect(boutons.nth(nombre - 1)).to_be_visible()
            for rang in range(boutons.count()):
                boutons.nth(rang).click()
                menu = onglet.locator(".menu[open] > .menu-liste")
                expect(menu).to_be_visible()
                a_gauche, a_droite, large = menu.evaluate(place)
                assert a_gauche >= 0 and a_droite >= 0 and large >= 240, (adresse, largeur, rang)
                onglet.keyboard.press("Escape")
