"""Helpers shared by tests of several subjects: reading a page, signing in with a browser, a free port."""

import html
import re
import socket
import time
from typing import Any

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from organismes.models import Utilisateur

MOT_DE_PASSE = "demo-edof-mot-de-passe"


def source(reponse: Any) -> str:
    """Return the HTML of the response, with its character references decoded."""
    return html.unescape(reponse.content.decode())


def texte(reponse: Any) -> str:
    """Return the text of the response without tags, each run of white space reduced to one space."""
    return re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"<[^>]+>", " ", source(reponse)))


def entrer(page: Page, courriel: str, vers: str = "/") -> None:
    """Open the page `vers` as this user, whose browser has just received the cookie of a session.

    Two pages less than with the form, which has tests of its own.
    """
    client = Client()
    client.force_login(
        Utilisateur.objects.get(courriel=courriel), backend="django.contrib.auth.backends.ModelBackend"
    )
    valeur = client.cookies[settings.SESSION_COOKIE_NAME].value
    cookie = {"name": settings.SESSION_COOKIE_NAME, "value": valeur, "domain": "localhost", "path": "/"}
    page.context.add_cookies([cookie])
    page.goto(vers)


def se_connecter(
    page: Page, courriel: str, mot_de_passe: str = MOT_DE_PASSE, vers: str = "/connexion/"
) -> None:
    """Sign in through the form, at the address `vers`."""
    page.goto(vers)
    page.get_by_label("Adresse e-mail").fill(courriel)
    page.get_by_label("Mot de passe").fill(mot_de_passe)
    page.get_by_role("button", name="Se connecter").click()


def port_libre() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as prise:
        prise.bind(("127.0.0.1", 0))
        return int(prise.getsockname()[1])


def trop_long(duree: float, secondes: float) -> bool:
    """Return whether so much processor time is more than these seconds of an ordinary machine.

    One that is slower, or that other programs share, is asked for how much before the answer is yes.
    """
    return duree > secondes and duree > secondes * _lenteur()


def _lenteur() -> float:
    """Return by how much this machine, now, is slower than the one on which the bounds were chosen."""
    durees = []
    for _ in range(5):
        debut = time.thread_time()
        sum(n * n for n in range(1_000_000))
        durees.append(time.thread_time() - debut)
    # The speed of a shared machine moves: the work that is judged may have met its worst moments.
    return 2 * max(durees) / 0.06
