"""Test of the open data sent by nginx in the place of the program, configured as in docker-compose.yml."""

import http.client
import json
import shutil

import pytest

from tests.attaques import celui_de_compose, front, serveur

pytestmark = pytest.mark.django_db(transaction=True)
ADRESSE, EMPREINTE = "/donnees/2027-03-11/catalogue.csv.gz", "e" * 64


@pytest.fixture
def cible(tmp_path, monkeypatch):
    """Start nginx, and the program that leaves the files to it."""
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        pytest.skip("nginx n'est pas installé")
    dossier = tmp_path / "donnees" / "2027-03-11"
    dossier.mkdir(parents=True)
    (dossier / "catalogue.csv.gz").write_bytes(bytes(range(256)))
    ressource = {
        "path": "catalogue.csv.gz", "hash": f"sha256:{EMPREINTE}", "mediatype": "application/gzip",
        "bytes": 256,
    }  # fmt: skip
    (dossier / "manifest.json").write_text(json.dumps({"resources": [ressource]}))
    monkeypatch.setenv("DONNEES_OUVERTES", str(tmp_path / "donnees"))
    monkeypatch.setenv("DONNEES_ACCEL", "/donnees-internes/")
    with serveur(celui_de_compose) as programme, front(programme, tmp_path) as cible:
        yield cible


def demander(cible, **entetes):
    connexion = http.client.HTTPConnection("127.0.0.1", cible.port, timeout=10)
    connexion.request("GET", ADRESSE, headers={nom.replace("_", "-"): dit for nom, dit in entetes.items()})
    reponse = connexion.getresponse()
    corps = reponse.read()
    connexion.close()
    return reponse.status, corps, reponse.headers


def test_nginx_envoie_les_fichiers(cible):
    statut, corps, entetes = demander(cible)
    assert (statut, corps) == (200, bytes(range(256)))
    assert entetes.get_all("ETag") == [f'"{EMPREINTE}"'] and entetes["Content-Type"] == "application/gzip"
    assert entetes["Cache-Control"] == "public, max-age=31536000, immutable"
    assert "default-src 'none'" in entetes["Content-Security-Policy"] and "X-Accel-Redirect" not in entetes
    statut, corps, entetes = demander(cible, Range="bytes=250-")
    assert (statut, corps, entetes["Content-Range"]) == (206, bytes(range(250, 256)), "bytes 250-255/256")
    statut, corps, _ = demander(cible, Range="bytes=250-", If_Range='"autre"')
    assert (statut, corps) == (200, bytes(range(256)))
    assert demander(cible, If_None_Match=f'"{EMPREINTE}"')[:2] == (304, b"")
    statut, _, entetes = demander(cible, Range="bytes=256-")
    assert (statut, entetes["Cache-Control"]) == (416, "no-store")
