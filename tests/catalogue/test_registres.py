"""Tests of the registers read from an address: a zip or a csv, once a day; what fails changes nothing."""

import datetime as dt
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from catalogue import registres
from catalogue.import_certifications import ImportImpossible
from catalogue.models import Certification, Releve
from catalogue.tasks import lire_les_registres
from edof.appels import TropGros
from edof.horloge import maintenant
from tests.catalogue.test_import_certifications import ENTETES, archive, fiche, texte

pytestmark = pytest.mark.django_db


@pytest.fixture
def serveur(settings) -> Iterator[dict[str, Any]]:
    """Serve `corps` under `statut` and `entetes`; count the requests."""
    sert: dict[str, Any] = {"corps": b"", "statut": 200, "entetes": {}, "recues": 0}

    class Donne(BaseHTTPRequestHandler):
        def do_GET(self) -> None:  # noqa: N802
            sert["recues"] += 1
            self.send_response(sert["statut"])
            for nom, valeur in ({"Content-Length": str(len(sert["corps"]))} | sert["entetes"]).items():
                self.send_header(nom, valeur)
            self.end_headers()
            self.wfile.write(sert["corps"])

        def log_message(self, *_: object) -> None:
            pass

    http = HTTPServer(("127.0.0.1", 0), Donne)
    threading.Thread(target=http.serve_forever, daemon=True).start()
    settings.CERTIFICATIONS_URL = f"http://127.0.0.1:{http.server_port}/export"
    yield sert
    http.shutdown()
    http.server_close()


@pytest.mark.parametrize(
    "corps",
    [archive(fiche("RNCP38413", "Technicien")).getvalue(), texte(ENTETES, fiche("RNCP38413", "Technicien"))],
    ids=["zip", "csv"],
)
def test_les_registres_se_lisent_une_fois_par_jour(serveur, settings, corps):
    serveur["corps"] = corps
    for _ in range(3):
        lire_les_registres()
    assert Certification.objects.get(code="RNCP38413").intitule == "Technicien"
    releve = Releve.objects.get()
    assert (releve.source, serveur["recues"]) == (settings.CERTIFICATIONS_URL, 1)
    assert (
        releve.bilan.startswith("1\N{NARROW NO-BREAK SPACE}certification")
        or "1 certification" in releve.bilan
    )
    Releve.objects.update(lu_le=maintenant() - dt.timedelta(hours=24))
    lire_les_registres()
    assert serveur["recues"] == Releve.objects.count() == 2


@pytest.mark.parametrize(
    ("change", "leve"),
    [
        ({"statut": 500}, OSError),
        ({"corps": b"<html>Maintenance</html>"}, ImportImpossible),
        ({"corps": b"PK", "entetes": {"Content-Length": "100"}}, OSError),
        ({"statut": 302, "entetes": {"Location": "file:///etc/passwd"}}, (OSError, ValueError)),
        ({"corps": b"x" * 2000}, TropGros),
    ],
)
def test_ce_qui_ne_se_lit_pas_echoue_et_ne_change_rien(serveur, monkeypatch, change, leve):
    serveur.update(change)
    monkeypatch.setattr(registres, "OCTETS_AU_PLUS", 1000)
    with pytest.raises(leve):
        lire_les_registres()
    assert not Releve.objects.exists()
    # It is tried again, and the lock was given back.
    serveur.update(corps=b"x" * 2000, statut=200, entetes={})
    with pytest.raises(TropGros):
        lire_les_registres()


def test_sans_adresse_rien_n_est_demande(settings):
    settings.CERTIFICATIONS_URL = ""
    lire_les_registres()
    assert not Releve.objects.exists()
