"""Fixtures of the tests in a real Chromium, with and without JavaScript, on the live server."""

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.handlers import StaticFilesHandler
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from edof.statiques import FONDUS, fondre
from tests.e2e.axe import EQUIPES

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


_servir = StaticFilesHandler.serve


def _servir_pour_un_moment(self: StaticFilesHandler, request: Any) -> Any:
    reponse = _servir(self, request)
    reponse.headers["Cache-Control"] = "max-age=3600"
    return reponse


# As in production, a browser that has a file does not ask for it again.
StaticFilesHandler.serve = _servir_pour_un_moment  # type: ignore[method-assign]


@pytest.fixture(scope="session")
def fondus(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Write the merged style sheet and script; return their folder."""
    dossier = tmp_path_factory.mktemp("fondus")
    for nom in FONDUS:
        (dossier / nom).parent.mkdir(parents=True, exist_ok=True)
        (dossier / nom).write_text(fondre(nom, lambda partie: Path(str(finders.find(partie))).read_text()))
    return dossier


@pytest.fixture(autouse=True)
def _feuille_et_script_de_production(settings: Any, fondus: Path) -> None:
    """Serve the merged style sheet and script, as in production: a new browser loads 7 files, not 23."""
    settings.DEVELOPPEMENT = False
    settings.STATICFILES_DIRS = [*settings.STATICFILES_DIRS, fondus]


@pytest.fixture(autouse=True)
def _connexions_deja_commencees() -> None:
    """Replace the fixture of tests/conftest.py by one that does nothing.

    A browser that receives a session cookie starts the session itself, on its first page.
    """


@pytest.fixture(scope="session")
def contextes(navigateur: Browser) -> Iterator[dict[bool, BrowserContext]]:
    """Return the contexts of the browser that tests share, with and without JavaScript.

    A new one would load the style sheet, the scripts and the font again, and compile the scripts.
    """
    ouverts: dict[bool, BrowserContext] = {}
    yield ouverts
    for contexte in ouverts.values():
        contexte.close()


@pytest.fixture(params=[True, False], ids=["avec-javascript", "sans-javascript"])
def page(
    request: Any, navigateur: Browser, live_server: Any, contextes: dict[bool, BrowserContext]
) -> Iterator[Page]:
    """Return a page of a browser that knows nobody, and fail the test when the console reports an error."""
    contexte = contextes.get(request.param)
    if contexte is None:
        contexte = contextes[request.param] = navigateur.new_context(
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
    if contexte in EQUIPES:
        # axe would come with each of its next pages.
        contextes.pop(request.param).close()
    else:
        for ouvert in contexte.pages:
            ouvert.close()
        contexte.clear_cookies()
        contexte.set_offline(False)
    assert plaintes == []


def avec_javascript(page: Page) -> bool:
    """Tell whether the scripts of this page run, once they have had the time to start."""
    page.wait_for_load_state("domcontentloaded")
    return bool(page.evaluate("document.documentElement.classList.contains('avec-js')"))
