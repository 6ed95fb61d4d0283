"""A real Chromium, with and without JavaScript, on the live server."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

# A machine that does something else is slow, not wrong.
expect.set_options(timeout=20_000)
# Drawing in the process of the browser: with no graphics card, a third less waiting at each click.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",
]
# Refusals that the page itself tells: a field to correct, a session that has expired.
DITES = re.compile(r"\b(401|422)\b")
# The first is the engine alone, with no window around it: it costs a quarter less.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def navigateur() -> Iterator[Browser]:
    """The system's Chromium."""
    chemin = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chemin is None:
        pytest.skip("Chromium est absent")
    with sync_playwright() as outils:
        chromium = outils.chromium.launch(executable_path=chemin, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def _connexions_deja_commencees() -> None:
    """A browser that is given the cookie of a session begins it itself, with its first page."""


@pytest.fixture(params=[True, False], ids=["avec-javascript", "sans-javascript"])
def page(request: Any, navigateur: Browser, live_server: Any) -> Iterator[Page]:
    """A page that fails the test when the console complains."""
    contexte = navigateur.new_context(
        java_script_enabled=request.param, base_url=live_server.url, locale="fr-FR"
    )
    onglet = contexte.new_page()
    plaintes: list[str] = []
    onglet.on(
        "console",
        lambda m: plaintes.append(m.text) if m.type == "error" and not DITES.search(m.text) else None,
    )
    onglet.on("pageerror", lambda erreur: plaintes.append(str(erreur)))
    onglet.set_default_timeout(20_000)
    yield onglet
    contexte.close()
    assert plaintes == []


def avec_javascript(page: Page) -> bool:
    """Whether the scripts of this page run, asked once they have had their turn."""
    page.wait_for_load_state("domcontentloaded")
    return bool(page.evaluate("document.documentElement.classList.contains('avec-js')"))
