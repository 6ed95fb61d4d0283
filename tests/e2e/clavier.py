"""What a person does with the keyboard alone, in a real browser."""

from playwright.sync_api import Locator, Page, expect


def aller(page: Page, cible: Locator) -> None:
    """Move the focus to `cible` with the Tab key, from where it is, and once more from the top."""
    expect(cible.first).to_be_visible()
    for _ in range(250):
        page.keyboard.press("Tab")
        if cible.first.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"Tab ne mène pas à {cible}")


def presser(page: Page, cible: Locator, touche: str = "Enter") -> None:
    aller(page, cible)
    page.keyboard.press(touche)


def taper(page: Page, cible: Locator, texte: str) -> None:
    """Replace what the field says, and leave it."""
    aller(page, cible)
    page.keyboard.press("Control+a")
    page.keyboard.type(texte)
    page.keyboard.press("Tab")
