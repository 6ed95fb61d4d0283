"""What a first visit of the catalogue weighs, in bytes sent.

Used by tests/e2e/test_poids.py and bench/poids.py.
"""

import gzip
import re
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.test import Client, override_settings

from bureau.catalogue.arbre import OFFRES_PAR_PAGE
from tests.conftest import Monde

# What a browser loads for a page. The other font is for letters that French does not have.
CHARGE = re.compile(r'<(?:link|script)\b[^>]*?(?:href|src)="/static/([^"]*)"')
MOTS = ("Soudage", "Anglais", "Logistique", "Conduite", "Bureautique", "Cuisine", "Comptabilité")


def comme_en_production(dossier: Path) -> Any:
    """Return the settings under which the static files are collected in `dossier`, and served from it."""
    return override_settings(
        DEVELOPPEMENT=False,
        STATIC_ROOT=dossier,
        STORAGES=settings.STORAGES | {"staticfiles": {"BACKEND": "edof.statiques.Stockage"}},
    )


def recueillir() -> None:
    """Collect the static files."""
    call_command("collectstatic", interactive=False, verbosity=0)


def premiere_visite(monde: Monde, client: Client, dossier: Path) -> dict[str, int]:
    """Fill a page of the catalogue, ask for it, return the bytes of the page and of each file it loads."""
    premiere = monde.offre
    for rang in range(1, OFFRES_PAR_PAGE):
        offre = monde.nouvelle_offre(f"2027-{rang * 7919 % 1000}")
        offre.intitule = " ".join(MOTS[rang * n % 7] for n in (1, 3, 4))
        offre.save()
    for rang in range(5):
        monde.session(f"session-{rang}", ouverte=rang % 2 == 0)
    adresse = f"/catalogue/?o={premiere.pk}&a={monde.action.pk}"
    reponse = client.get(adresse, HTTP_ACCEPT_ENCODING="gzip, deflate")
    assert reponse.headers["Content-Encoding"] == "gzip"
    assert int(reponse.headers["Content-Length"]) == len(reponse.content)
    page = gzip.decompress(reponse.content).decode()
    assert page.count('id="offre-') >= OFFRES_PAR_PAGE and page.count('id="session-') >= 5
    return {nom: envoyes(dossier, nom) for nom in CHARGE.findall(page)} | {"page": len(reponse.content)}


def envoyes(dossier: Path, nom: str) -> int:
    """Return how many bytes WhiteNoise sends for this file: those of its copy in Brotli, if there is one."""
    copie = dossier / f"{nom}.br"
    return (copie if copie.exists() else dossier / nom).stat().st_size
