"""Fixtures of the tests in a real Chromium, with and without JavaScript, on the live server."""

import re
import shutil
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

# A busy machine is slow: that must not be a failure.
expect.set_options(timeout=20_000)
# Without a graphics card, drawing in the process of the browser reduces the wait at each click by a third.
ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--in-process-gpu",
]
# Statuses of refusals that the page reports: a field to correct, an expired session.
DITES = re.compile(r"\b(401|422)\b")
# The first is the engine without windows, which takes a quarter less time.
CHROMIUMS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


@pytest.fixture(scope="session")
def navigateur() -> Iterator[Browser]:
    """Return the Chromium of the system."""
    chemin = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chemin is None:
        pytest.skip("Chromium est absent")
    with sync_playwright() as outils:
        chromium = outils.chromium.launch(executable_path=chemin, args=ARGUMENTS)
        yield chromium
        chromium.close()


@pytest.fixture(autouse=True)
def _connexions_deja_commencees() -> None:
    """Replace the fixture of tests/conftest.py by one that does nothing.

    A browser that receives a session cookie starts the session itself, on its first page.
    """


@pytest.fixture(params=[True, False], ids=["avec-javascript", "sans-javascript"])
def page(request: Any, navigateur: Browser, live_server: Any) -> Iterator[Page]:
    """Return a page, and fail the test when the console reports an error."""
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
    """Tell whether the scripts of this page run, once they have had the time to start."""
    page.wait_for_load_state("domcontentloaded")
    return bool(page.evaluate("document.documentElement.classList.contains('avec-js')"))
