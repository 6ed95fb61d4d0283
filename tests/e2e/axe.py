"""What axe and a narrow screen find on a page: WCAG 2.2 AA and best practice, nothing wider than the
window.
"""

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

# What axe would load again (style sheets, sounds) serves only rules that it leaves aside by default, or on
# sounds: there is none here. The rules of best practice are among those by default; that of WCAG 2.2 on the
# size of targets is not. What a bar at the foot of the window half covers is reached by scrolling: the bar is
# in its place while axe reads.
COMMANDE = """async sous => {
  const feuille = new CSSStyleSheet();
  feuille.replaceSync(".barre { position: static !important }");
  const autres = document.adoptedStyleSheets;
  document.adoptedStyleSheets = [...autres, feuille];
  const resultat = await axe.run(sous, {resultTypes: ['violations'], preload: false,
      rules: {'target-size': {enabled: true}}});
  document.adoptedStyleSheets = autres;
  return resultat.violations;
}"""


def constater(page: Page, adresse: str | None, constats: list[str], sous: str = "html") -> list[str]:
    """`constats`, and what is wrong with the page at `adresse`, or with the one that is open, or with a part
    of it.

    An open menu is a part to read alone: what it half covers is no target while it is open.
    """
    if adresse:
        page.goto(adresse)
    page.evaluate(AXE_SCRIPT)
    trouves = [
        f"{page.url} {v['id']}: {n['html'][:160]}" for v in page.evaluate(COMMANDE, sous) for n in v["nodes"]
    ]
    if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
        trouves.append(f"{page.url} déborde")
    return constats + trouves
