"""Tests of very long words on a phone, and of layout shifts while a page loads."""

import datetime as dt
import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from playwright.sync_api import Browser, Page, Route

from edof.horloge import a_l_instant, aujourd_hui, minuit
from publication.passages import publier
from tests.conftest import Monde
from tests.maison.pages import Peuple, toutes

# Replace the body of the page; return its width and the element that overflows, or an empty string.
POSER = """texte => {
  const autre = new DOMParser().parseFromString(texte, "text/html");
  document.body.replaceWith(autre.body);
  const racine = document.documentElement;
  if (racine.scrollWidth <= 320) return "";
  const tous = [...document.querySelectorAll("body *")];
  const sortis = tous.filter((e) => e.getBoundingClientRect().right > 321);
  return racine.scrollWidth + " : " + sortis.slice(-1).map((e) => e.outerHTML.slice(0, 200));
}"""

OBSERVER = """window.bouges = [];
new PerformanceObserver((liste) => {
  for (const e of liste.getEntries()) {
    const quoi = e.sources.map((s) => s.node && (s.node.outerHTML || s.node.textContent).slice(0, 80));
    bouges.push(e.value + " " + quoi);
  }
}).observe({ type: "layout-shift", buffered: true });"""


def servir(route: Route) -> None:
    """Serve the style sheets, for pages that do not come from a server."""
    chemin = Path(str(finders.find(route.request.url.partition("/static/")[2] or "rien")))
    route.fulfill(path=chemin) if chemin.is_file() else route.fulfill(content_type="text/html", body="")


@pytest.mark.django_db
def test_aucun_mot_ne_deborde_a_320_px(navigateur: Browser, settings):
    """Check every page, with every text replaced by a word of the maximum length."""
    settings.ROOT_URLCONF = "tests.pannes"
    pages = toutes(Peuple(longs=True)).pages
    contexte = navigateur.new_context(viewport={"width": 320, "height": 700})
    contexte.route("**/*", servir)
    onglet = contexte.new_page()
    debordent, posee, vues = [], "", 0
    # Pages with the same head only differ by their body, which replaces the previous one.
    for page in sorted(pages, key=lambda page: feuilles(page.html)):
        if feuilles(page.html) != posee:
            posee = feuilles(page.html)
            onglet.goto("http://pages.test/")
            onglet.set_content(f'<!DOCTYPE html><html lang="fr"><head>{posee}</head><body></body></html>')
            assert onglet.evaluate(POSER, "<p style='width: 900px'>x</p>"), "rien n'est vu"
        vues += "Anticonstitutionnellement" in page.html
        if constat := onglet.evaluate(POSER, page.html):
            debordent.append(f"{page.nom} : {constat}")
    contexte.close()
    assert vues > 300
    assert debordent == []


def feuilles(texte: str) -> str:
    """Return the style sheets of a page, in order, and its viewport declaration."""
    tete = texte.partition("</head>")[0]
    return "".join(re.findall(r'<meta name="viewport"[^>]*>|<link[^>]*rel="stylesheet"[^>]*>', tete))


@pytest.mark.django_db(transaction=True)
def test_rien_ne_bouge_pendant_le_chargement(navigateur: Browser, live_server, client):
    """Check that nothing moves when scripts and fonts arrive after the first paint.

    That is what happens on a slow connection.
    """
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        monde = Monde()
        session = monde.session("s1", ouverte=True)
    publier(aujourd_hui(), par="test")
    offre, action = monde.offre.pk, monde.action.pk
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    cookie = {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
    adresses = [
        "/", "/catalogue/", f"/catalogue/?o={offre}&a={action}", "/formations/", f"/formations/{action}/",
        "/carnet/",
        "/publications/demain/", "/catalogue/offres/ajouter/?identifiant=libre",
        f"/catalogue/sessions/{session.pk}/",
        f"/catalogue/sessions/{session.pk}/modifier/", f"/catalogue/actions/{action}/modifier/", "/aide/",
        "/connexion/",
    ]  # fmt: skip
    bouges = []
    for taille in ({"width": 1280, "height": 800}, {"width": 360, "height": 740}):
        contexte = navigateur.new_context(viewport=taille, base_url=live_server.url, bypass_csp=True)
        contexte.add_cookies([cookie])
        for adresse in adresses:
            if adresse == "/connexion/":
                contexte.clear_cookies()
            # Each URL gets a new page, without resources in its memory cache.
            onglet = contexte.new_page()
            bouges += mouvements(onglet, adresse, taille["width"])
            onglet.close()
        contexte.close()
    assert bouges == []


def mouvements(onglet: Page, adresse: str, largeur: int) -> list[str]:
    """Return the layout shifts while the page loads. Scripts and fonts are held until the first paint."""
    retenus: list[Route] = []
    dessinee: list[bool] = []
    tardifs = re.compile(r"\.woff2|\.js(?<!/js/avec-js\.js)$")
    onglet.route(tardifs, lambda route: route.continue_() if dessinee else retenus.append(route))
    onglet.add_init_script(OBSERVER)
    onglet.goto(adresse, wait_until="commit")
    onglet.wait_for_function("performance.getEntriesByName('first-contentful-paint').length")
    # Wait longer than the tenth of a second in which the browser may still use a font that arrives.
    onglet.wait_for_function(
        "performance.now() - performance.getEntriesByName('first-contentful-paint')[0].startTime > 300"
    )
    assert any(".woff2" in route.request.url for route in retenus)
    assert any(".js" in route.request.url for route in retenus)
    dessinee.append(True)
    for route in retenus:
        route.continue_()
    onglet.wait_for_load_state("load")
    bouges = onglet.evaluate(
        "document.fonts.ready.then(() => new Promise((fini) => setTimeout(() => fini(bouges), 150)))"
    )
    return [f"{largeur} {adresse} {bouge}" for bouge in bouges]
