"""Checks of a page: axe (WCAG 2.2 AA and best practice), and nothing wider than the window."""

from collections.abc import Iterable
from weakref import WeakSet

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, Page, ViewportSize

# `preload` is off: the resources that axe would load again (style sheets, media) only serve rules that are
# off by default, or rules on media, of which there are none here. The rules of best practice are on by
# default; the rule of WCAG 2.2 on the size of targets is not. Elements partly covered by the bar at the
# bottom of the window, or by the plan at its top, can be reached by scrolling: both are put in the page flow
# while axe runs.
COMMANDE = """async sous => {
  if (!window.axe) return null;
  const feuille = new CSSStyleSheet();
  feuille.replaceSync(".barre, .plan { position: static !important }");
  const autres = document.adoptedStyleSheets;
  document.adoptedStyleSheets = [...autres, feuille];
  const resultat = await axe.run(sous, {resultTypes: ['violations'], preload: false,
      rules: {'target-size': {enabled: true}}});
  document.adoptedStyleSheets = autres;
  return resultat.violations;
}"""
# The contexts whose next pages come with axe: it takes a quarter of the time of sending it to each.
EQUIPES: WeakSet[BrowserContext] = WeakSet()


def constater(page: Page, adresse: str | None, constats: list[str], sous: str = "html") -> list[str]:
    """Return `constats` plus the defects of the page at `adresse`.

    Without `adresse`, the page that is open is checked; `sous` limits the check to a part of it. An open menu
    must be checked alone: the elements that it partly covers are no targets while it is open.
    """
    if page.context not in EQUIPES:
        EQUIPES.add(page.context)
        page.context.add_init_script(AXE_SCRIPT)
    if adresse:
        page.goto(adresse)
    if (violations := page.evaluate(COMMANDE, sous)) is None:
        # This page was open already, or runs no script.
        page.evaluate(AXE_SCRIPT)
        violations = page.evaluate(COMMANDE, sous)
    trouves = [f"{page.url} {v['id']}: {n['html'][:160]}" for v in violations for n in v["nodes"]]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        trouves.append(f"{page.url} déborde")
    return constats + trouves


# A script that follows the size of the window has run once two frames are drawn.
DEUX_IMAGES = "() => new Promise((fini) => requestAnimationFrame(() => requestAnimationFrame(fini)))"


def constater_a_ces_tailles(
    page: Page, tailles: Iterable[ViewportSize], adresse: str | None, constats: list[str], sous: str = "html"
) -> list[str]:
    """Return what `constater` returns, at each of these sizes.

    The page is loaded once, at the first size; then its window is resized.
    """
    for taille in tailles:
        page.set_viewport_size(taille)
        page.evaluate(DEUX_IMAGES)
        constats = constater(page, adresse, constats, sous)
        adresse = None
    return constats
