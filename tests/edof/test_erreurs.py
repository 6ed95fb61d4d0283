"""Tests of refusals and errors.

They are described in French, in the format that the client reads, with a number that is also in the log.
"""

import json
import logging
import os
import re
import subprocess
import sys

import pytest
from django.test import Client

from edof.erreurs import PHRASES

ANGLAIS = (
    "Not Found",
    "Forbidden",
    "Bad Request",
    "Server Error",
    "Not Allowed",
    "Traceback",
    "Too Many",
    "not allowed",
)
AJOUTER = "/carnet/contacts/ajouter/"
CAS = [
    (400, ("get", "/casser/400/")), (403, ("get", "/casser/403/")), (404, ("get", "/nulle-part/")),
    (405, ("get", "/deconnexion/")),
    (413, ("post", AJOUTER, {"nom": "a" * 3_000_000})),
    (413, ("post", AJOUTER, {f"a{n}": 1 for n in range(5001)})),
    (500, ("get", "/casser/500/")), (503, ("get", "/casser/503/")),
]  # fmt: skip


@pytest.fixture
def demander(monde, settings):
    settings.ROOT_URLCONF = "tests.pannes"
    client = Client(raise_request_exception=False)
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    return lambda demande, **entetes: getattr(client, demande[0])(*demande[1:], **entetes)


@pytest.mark.parametrize(("code", "demande"), CAS, ids=lambda cas: str(cas)[:40])
@pytest.mark.parametrize("lecteur", ["html", "htmx", "json"])
def test_chacun_lit_le_refus_a_sa_facon(demander, code, demande, lecteur, caplog):
    caplog.set_level(logging.WARNING)
    entetes = {"html": {}, "htmx": {"HTTP_HX_REQUEST": "true"}, "json": {"HTTP_ACCEPT": "application/json"}}[
        lecteur
    ]
    reponse = demander(demande, **entetes)
    texte = reponse.content.decode()
    assert reponse.status_code == code and reponse.headers["Cache-Control"] == "no-store"
    assert not [mot for mot in ANGLAIS if mot in texte]
    titre, phrase = PHRASES[code]
    if lecteur == "json":
        probleme = json.loads(texte)
        assert reponse.headers["Content-Type"] == "application/problem+json"
        assert (probleme["status"], probleme["title"], probleme["detail"]) == (code, titre, phrase)
        incident = probleme["incident"]
    else:
        assert titre.replace("'", "&#x27;") in texte and phrase.replace("'", "&#x27;") in texte
        assert ("<html" in texte) is (lecteur == "html") and ('role="alert"' in texte) is (lecteur == "htmx")
        incident = re.search("incident : ([0-9A-F]{8})", texte)[1]
    assert (reponse.headers.get("HX-Retarget") == "#messages") is (lecteur == "htmx")
    ligne = next(ligne for ligne in caplog.records if incident in ligne.getMessage())
    assert ligne.levelno == (logging.ERROR if code >= 500 else logging.WARNING) and bool(ligne.exc_info) is (
        code >= 500
    )


def test_405_dit_toujours_ce_qui_est_permis(demander):
    assert demander(("get", "/deconnexion/")).headers["Allow"] == "POST, OPTIONS"
    assert demander(("post", "/formations/")).headers["Allow"] == "GET, HEAD"


def test_503_dit_quand_revenir(demander):
    assert demander(("get", "/casser/503/")).headers["Retry-After"] == "60"


def test_trop_de_listes_publiques(client, db):
    """Check the rate limit with and without search words: the whole catalogue is read either way."""
    for rang in range(120):
        assert client.get("/formations/", {"q": "a"} if rang % 2 else {"page": rang + 1}).status_code == 200
    for parametres in ({"q": "a"}, {}):
        refusee = client.get("/formations/", parametres)
        assert (
            refusee.status_code == 429
            and PHRASES[429][0] in refusee.content.decode()
            and refusee.headers["Retry-After"] == "60"
        )
    assert client.get("/formations/", {"q": "a"}, REMOTE_ADDR="192.0.2.3").status_code == 200


def test_une_adresse_n_ecrit_pas_de_ligne_dans_le_journal(client, db, caplog):
    caplog.set_level(logging.WARNING)
    client.get("/nulle%0Apart%1B[31m/%E2%80%AE")
    ligne = next(ligne.getMessage() for ligne in caplog.records if "Incident" in ligne.getMessage())
    assert ligne.isprintable() and "/nulle%0Apart%1B%5B31m/" in ligne


SANS_BASE = """
import django; django.setup()
from django.test import Client
from django.urls import reverse
client = Client(raise_request_exception=False)
client.cookies["sessionid"] = "a" * 32
adresses = ("/", "/catalogue/", "/formations/", "/formations/1/", "/connexion/", "/nulle-part/", "/admin/")
for adresse in adresses:
    reponse = client.get(adresse)
    page = reponse.content.decode()
    print(adresse, reponse.status_code, "momentanément indisponible" in page, "Traceback" in page)
print("sante", Client().get("/sante/").json())
print("statique", client.get("/static/css/base.css").status_code)
"""


def test_sans_base_de_donnees_une_page_partout():
    """Check the responses when the database server is really unreachable.

    The requests bear a session cookie: only the database can tell whose it is.
    """
    ailleurs = {
        "DATABASE_URL": "postgres://x@127.0.0.1:1/x",
        "DEBUG": "1",
        "ALLOWED_HOSTS": "testserver",
        "LOG_LEVEL": "CRITICAL",
    }
    lance = subprocess.run(
        [sys.executable, "-c", SANS_BASE],
        env={**os.environ, **ailleurs},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    *pages, sante, statique = lance.stdout.splitlines()
    assert [ligne.split(" ", 1)[1] for ligne in pages] == ["503 True False"] * len(pages)
    assert "injoignable" in sante and statique == "statique 200"
