"""Helpers shared by tests of several subjects: reading a page, signing in with a browser, a free port."""

import html
import re
import socket
from typing import Any

from playwright.sync_api import Page

MOT_DE_PASSE = "demo-edof-mot-de-passe"


def source(reponse: Any) -> str:
    """Return the HTML of the response, with its character references decoded."""
    return html.unescape(reponse.content.decode())


def texte(reponse: Any) -> str:
    """Return the text of the response without tags, each run of white space reduced to one space."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"<[^>]+>", " ", source(reponse)))


def entrer(page: Page, courriel: str, mot_de_passe: str = MOT_DE_PASSE, vers: str = "/connexion/") -> None:
    """Sign in through the sign-in form of the page `vers`."""
    page.goto(vers)
    page.get_by_label("Adresse e-mail").fill(courriel)
    page.get_by_label("Mot de passe").fill(mot_de_passe)
    page.get_by_role("button", name="Se connecter").click()


def port_libre() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return int(prise.getsockname()[1])
