"""Tests of the open data in a bucket of S3: written, read by HTTP, killed in the middle, by two machines."""

import contextlib
import gzip
import hashlib
import json
import os
import signal
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest
from django.conf import settings as reglages
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from catalogue.cycle_de_vie import executer
from edof import seau as lecture
from edof.fichiers import BLOC, StockageInjoignable
from exploitation.etat import en_json
from organismes.droits import Operation
from publication.donnees import jeux
from publication.donnees.ecriture import ecrire_ce_qui_est_du
from publication.donnees.verification import le_seau_repond
from publication.passages import publier
from publication.tasks import ecrire_les_donnees_ouvertes
from sessions_app.models import Session
from tests.attaques import celui_de_compose, serveur, url_de_la_base
from tests.conftest import Monde
from tests.outils import port_libre, texte
from tests.publication.test_publication import a, jour
from tests.s3 import cles, nouveau_seau, relais, serveur_s3

PREMIER, SECOND = "2027-03-11", "2027-03-12"
FICHIER = f"/donnees/{PREMIER}/catalogue.jsonl.gz"
VARIABLES = ("SEAU", "ADRESSE", "REGION", "PREFIXE", "CLE", "SECRET", "CLE_FILE", "SECRET_FILE")
# One round of a worker on another machine: nothing is shared with it but the database and the bucket.
RONDE = """
import django
django.setup()
from publication.donnees.ecriture import ecrire_ce_qui_est_du
print(*ecrire_ce_qui_est_du())
"""


@pytest.fixture(scope="module")
def s3():
    with serveur_s3() as adresse:
        yield adresse


@pytest.fixture
def choisir(monkeypatch, settings, tmp_path):
    """Return how a test chooses its bucket, by the variables."""

    def choisir(seau):
        for nom in VARIABLES:
            monkeypatch.delenv(f"DONNEES_S3_{nom}", raising=False)
        for nom, valeur in seau.items():
            monkeypatch.setenv(nom, valeur)
        settings.STORAGES = settings.STORAGES | {"donnees": lecture.stockage_des_donnees()}
        return seau

    settings.VAR = tmp_path / "var"
    settings.VAR.mkdir()
    yield choisir
    for client in (jeux.stockage().bucket.meta.client, jeux.stockage()._sonde):
        client.close()


@pytest.fixture
def seau(s3, choisir):
    """Keep the open data in a bucket of this test."""
    return choisir(nouveau_seau(s3))


def publie():
    """Return a world whose two sessions are published on 11 March 2027."""
    with a("2027-03-10"):
        monde = Monde()
        monde.printemps = monde.session("printemps", ouverte=True)
        monde.ete = monde.session("ete", ouverte=True, garantie=False)
    with a(PREMIER, "05:00:00"):
        publier(jour(PREMIER), par="test")
    return monde


def ecrire(quand=PREMIER):
    with a(quand, "06:00:00"):
        return ecrire_ce_qui_est_du()


def lu(quand, nom):
    _, empreinte = jeux.ressource(jeux.manifeste(jour(quand)), nom)
    with contextlib.closing(jeux.stockage().ouvrir(jour(quand), nom, empreinte)) as fichier:
        octets = fichier.read()
    assert hashlib.sha256(octets).hexdigest() == empreinte
    return gzip.decompress(octets)


def corps(reponse):
    return b"".join(reponse.streaming_content)


def verifier(quand):
    """Check that each file of the day is what its manifest says."""
    for nom in jeux.NOMS[:-1]:
        lu(quand, nom)


@pytest.mark.django_db
def test_un_jour_s_ecrit_et_se_lit_entier_ou_par_morceaux(seau, client, settings):
    monde = publie()
    assert ecrire() == [jour(PREMIER)] and ecrire() == []
    assert len(cles(seau)) == 5 and all(
        cle.startswith(f"catalogue/ouvertes/{PREMIER}/") for cle in cles(seau)
    )
    # Nothing stays on this machine.
    assert [chemin.name for chemin in settings.VAR.rglob("*") if chemin.is_file()] == []
    manifeste = json.loads(corps(client.get(f"/donnees/{PREMIER}/manifest.json")))
    ressource, empreinte = jeux.ressource(manifeste, "catalogue.jsonl.gz")
    entier = client.get(FICHIER, headers={"Accept-Encoding": "gzip"})
    octets = corps(entier)
    assert hashlib.sha256(octets).hexdigest() == empreinte and len(octets) == ressource["bytes"]
    assert entier["ETag"] == f'"{empreinte}"' and entier["Content-Length"] == str(len(octets))
    assert entier["Cache-Control"] == "public, max-age=31536000, immutable" and not entier.cookies
    n = len(octets)
    for voulu, morceau, dit in (
        ("bytes=0-9", octets[:10], f"bytes 0-9/{n}"),
        ("bytes=10-", octets[10:], f"bytes 10-{n - 1}/{n}"),
        ("bytes=-5", octets[-5:], f"bytes {n - 5}-{n - 1}/{n}"),
        (f"bytes=3-{n * 2}", octets[3:], f"bytes 3-{n - 1}/{n}"),
    ):
        partie = client.get(FICHIER, headers={"Range": voulu})
        assert (partie.status_code, corps(partie), partie["Content-Range"]) == (206, morceau, dit)
    refus = client.get(FICHIER, headers={"Range": f"bytes={n}-"})
    assert (refus.status_code, refus["Content-Range"]) == (416, f"bytes */{n}")
    autre = {"Range": "bytes=10-", "If-Range": '"autre"'}
    assert corps(client.get(FICHIER, headers=autre)) == octets
    assert client.get(FICHIER, headers={"If-None-Match": entier["ETag"]}).status_code == 304
    assert client.get(f"/donnees/{SECOND}/catalogue.jsonl.gz").status_code == 404
    # The next day leads from the first one; what is too old leaves the bucket, all of it.
    with a(PREMIER):
        executer(Session.objects.get(pk=monde.ete.pk), Operation.FERMER, par=monde.gestionnaire)
    settings.DONNEES_JOURS = 1
    with a(SECOND, "05:00:00"):
        publier(jour(SECOND), par="test")
    assert ecrire(SECOND) == [jour(SECOND)]
    (change,) = (json.loads(ligne) for ligne in lu(SECOND, "changements.jsonl.gz").splitlines())
    assert change["nature"] == "modifiee" and len(change["formation"]["sessions"]) == 1
    assert {cle.split("/")[2] for cle in cles(seau)} == {SECOND}
    assert client.get(FICHIER).status_code == 404
    assert client.get("/donnees/latest/manifest.json").url == f"/donnees/{SECOND}/manifest.json"
    page = texte(client.get("/donnees/"))
    assert "Fichiers du 12 mars 2027" in page and "1 ligne" in page


def test_un_gros_fichier_n_est_jamais_entier_en_memoire(seau, client):
    octets = os.urandom(24_000_000)
    empreinte = hashlib.sha256(octets).hexdigest()
    nom = "catalogue.csv.gz"
    ressource = {
        "path": nom, "hash": f"sha256:{empreinte}", "bytes": len(octets), "mediatype": "application/gzip",
    }  # fmt: skip
    atelier = jeux.stockage().atelier()
    (atelier / nom).write_bytes(octets)
    (atelier / jeux.MANIFESTE).write_text(json.dumps({"resources": [ressource]}))
    del octets
    # What the first request and the first question to the bucket load is not counted.
    assert client.get(f"/donnees/{PREMIER}/{nom}").status_code == 404
    tracemalloc.start()
    try:
        jeux.stockage().envoyer(jour(PREMIER), {nom: empreinte})
        jeux.stockage().mettre_en_place(jour(PREMIER))
        tracemalloc.reset_peak()
        avant = tracemalloc.get_traced_memory()[0]
        somme, plus_gros = hashlib.sha256(), 0
        for bloc in client.get(f"/donnees/{PREMIER}/{nom}").streaming_content:
            somme.update(bloc)
            plus_gros = max(plus_gros, len(bloc))
        assert tracemalloc.get_traced_memory()[1] - avant < 4_000_000
    finally:
        tracemalloc.stop()
    assert somme.hexdigest() == empreinte and plus_gros <= BLOC


def test_le_seau_injoignable_se_dit_et_rien_d_autre_ne_casse(s3, choisir, client, db):
    perdu = {**nouveau_seau(s3), "DONNEES_S3_ADRESSE": f"http://127.0.0.1:{port_libre()}"}
    choisir(perdu)
    client.raise_request_exception = False
    for adresse in ("/donnees/", "/donnees/retraits.jsonl", FICHIER, "/donnees/latest/manifest.json"):
        reponse = client.get(adresse)
        assert reponse.status_code == 503 and "Service momentanément indisponible" in texte(reponse), adresse
        assert reponse["Retry-After"] and "127.0.0.1" not in texte(reponse)
    assert client.get("/formations/").status_code == 200
    (erreur,) = le_seau_repond()
    assert "ne se lisent pas (EndpointConnectionError)" in erreur.msg and "DONNEES_S3_ADRESSE" in erreur.hint
    assert en_json()["donnees_ouvertes"] == "injoignable"
    publie()
    # A periodic task that fails is an alarm.
    with a(PREMIER, "06:00:00"), pytest.raises(StockageInjoignable):
        ecrire_les_donnees_ouvertes()


def test_un_seau_absent_se_dit(s3, choisir):
    choisir({**nouveau_seau(s3), "DONNEES_S3_SEAU": "absent"})
    assert "(NoSuchBucket)" in le_seau_repond()[0].msg


def test_un_seau_qui_repond_ne_dit_rien(seau, db):
    assert le_seau_repond() == [] and en_json()["donnees_ouvertes"] == "ok"


# --- Several machines: processes that share nothing but the database and the bucket ---


def machine(nom, seau, tmp_path):
    """Start a round of a worker on another machine."""
    dossier = tmp_path / nom
    dossier.mkdir(exist_ok=True)
    return subprocess.Popen(
        [sys.executable, "-c", RONDE],
        env={
            **os.environ, **seau, "DATABASE_URL": url_de_la_base(), "EDOF_VAR": str(dossier), "DEBUG": "1",
            "EDOF_AUJOURDHUI": SECOND, "DJANGO_SETTINGS_MODULE": "edof.settings",
        },
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip


def deux_jours():
    """Publish two days, and write the first one; return the world."""
    monde = publie()
    ecrire()
    with a(SECOND, "05:00:00"):
        publier(jour(SECOND), par="test")
    return monde


@pytest.mark.django_db(transaction=True)
def test_tue_au_milieu_rien_de_ce_jour_ne_se_lit_puis_une_autre_machine_l_ecrit(seau, s3, tmp_path):
    deux_jours()
    tue = threading.Event()

    def tuer(methode, chemin):
        if methode == "PUT" and chemin.endswith(f"{SECOND}/manifest.json"):
            os.kill(premiere.pid, signal.SIGKILL)
            tue.set()
            raise ConnectionAbortedError

    with relais(s3, tuer) as adresse:
        premiere = machine("premiere", {**seau, "DONNEES_S3_ADRESSE": adresse}, tmp_path)
        premiere.communicate(timeout=300)
    assert tue.is_set() and premiere.returncode == -signal.SIGKILL
    assert len([cle for cle in cles(seau) if SECOND in cle]) == 4
    with serveur(celui_de_compose) as web:
        assert web("GET", "/donnees/latest/manifest.json")[2]["Location"].startswith(f"/donnees/{PREMIER}/")
        assert web("GET", f"/donnees/{SECOND}/catalogue.jsonl.gz")[0] == 404
        seconde = machine("seconde", seau, tmp_path)
        dit, erreurs = seconde.communicate(timeout=300)
        assert dit.strip() == SECOND, erreurs
        verifier(SECOND)
        # By HTTP, on a third one: whole, by a range, and not again.
        statut, octets, entetes, _ = web("GET", f"/donnees/{SECOND}/catalogue.jsonl.gz")
        assert statut == 200 and entetes["ETag"] == f'"{hashlib.sha256(octets).hexdigest()}"'
        partie = web("GET", f"/donnees/{SECOND}/catalogue.jsonl.gz", None, {"Range": "bytes=7-"})
        assert partie[:2] == (206, octets[7:])
        assert partie[2]["Content-Range"] == f"bytes 7-{len(octets) - 1}/{len(octets)}"
        deja = web("GET", f"/donnees/{SECOND}/catalogue.jsonl.gz", None, {"If-None-Match": entetes["ETag"]})
        assert deja[:2] == (304, b"")


@pytest.mark.django_db(transaction=True)
def test_deux_machines_a_la_fois_n_ecrivent_le_jour_qu_une_fois(seau, tmp_path):
    deux_jours()
    deux = [machine(nom, seau, tmp_path) for nom in ("premiere", "seconde")]
    dits = [une.communicate(timeout=300) for une in deux]
    assert sorted(dit.strip() for dit, _ in dits) in (["", SECOND], [SECOND]), dits
    assert [une.returncode for une in deux] == [0, 0], dits
    assert len([cle for cle in cles(seau) if SECOND in cle]) == 5
    verifier(SECOND)


@pytest.mark.django_db(transaction=True)
def test_coupee_de_la_base_une_machine_ne_met_rien_en_place(seau, s3, tmp_path):
    """The network takes a machine away from the database as it sends: with its lock, the day is lost."""
    monde = deux_jours()
    coupee = threading.Event()

    def couper(methode, chemin):
        if methode == "PUT" and SECOND in chemin and not coupee.is_set():
            with connection.cursor() as curseur:
                curseur.execute(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname ="
                    " current_database() AND pid <> pg_backend_pid() AND state = 'idle in transaction'"
                )
            connection.close()
            coupee.set()

    with relais(s3, couper) as adresse:
        premiere = machine("premiere", {**seau, "DONNEES_S3_ADRESSE": adresse}, tmp_path)
        _, erreurs = premiere.communicate(timeout=300)
    assert coupee.is_set() and premiere.returncode and "AdminShutdown" in erreurs, erreurs
    laisses = {cle for cle in cles(seau) if SECOND in cle}
    assert len(laisses) == 4 and jeux.jours_ecrits() == [jour(PREMIER)]
    # A session closes, another machine writes the day: what the first one left, or sends late, is not of it.
    with a(SECOND, "06:00:00"):
        executer(Session.objects.get(pk=monde.ete.pk), Operation.FERMER, par=monde.gestionnaire)
    dit, erreurs = machine("seconde", seau, tmp_path).communicate(timeout=300)
    assert dit.strip() == SECOND, erreurs
    assert laisses < {cle for cle in cles(seau) if SECOND in cle}
    (jeux.stockage().atelier() / "catalogue.csv.gz").write_bytes(b"en retard")
    jeux.stockage().envoyer(jour(SECOND), {"catalogue.csv.gz": hashlib.sha256(b"en retard").hexdigest()})
    verifier(SECOND)
    assert len(json.loads(lu(SECOND, "catalogue.jsonl.gz"))["sessions"]) == 1


# --- The variables ---


@pytest.mark.parametrize(
    ("donnees", "dit"),
    [
        ({"SEAU": "Mon Seau"}, "DONNEES_S3_SEAU s'écrit par exemple donnees-du-catalogue"),
        ({"SEAU": "seau", "ADRESSE": "s3.example.fr"}, "DONNEES_S3_ADRESSE s'écrit par exemple https://"),
        ({"SEAU": "seau", "REGION": "Paris 3"}, "DONNEES_S3_REGION s'écrit par exemple eu-west-3"),
        ({"SEAU": "seau", "PREFIXE": "/a/../b/"}, "DONNEES_S3_PREFIXE s'écrit par exemple"),
        ({"SEAU": "seau", "CLE": "x"}, "Donnez DONNEES_S3_CLE et DONNEES_S3_SECRET, ou aucune des deux"),
        ({"CLE": "x", "SECRET": "y"}, "DONNEES_S3_CLE ne sert à rien sans DONNEES_S3_SEAU"),
    ],
)
def test_une_variable_qui_ne_convient_pas_est_dite(monkeypatch, donnees, dit):
    for nom in VARIABLES:
        monkeypatch.delenv(f"DONNEES_S3_{nom}", raising=False)
    for nom, valeur in donnees.items():
        monkeypatch.setenv(f"DONNEES_S3_{nom}", valeur)
    with pytest.raises(ImproperlyConfigured, match=dit):
        lecture.stockage_des_donnees()


def test_les_cles_se_lisent_dans_des_fichiers(monkeypatch, tmp_path):
    (tmp_path / "secret").write_text("le secret\n")
    for nom, valeur in {"SEAU": "seau", "CLE": "cle", "SECRET_FILE": str(tmp_path / "secret")}.items():
        monkeypatch.setenv(f"DONNEES_S3_{nom}", valeur)
    options = lecture.stockage_des_donnees()["OPTIONS"]
    assert (options["access_key"], options["secret_key"]) == ("cle", "le secret")


@pytest.mark.parametrize(
    ("script", "donnees", "dit"),
    [
        (
            "from publication.donnees import jeux; jeux.jours_ecrits();"
            " print({'boto3', 'storages'} & set(sys.modules))",
            {}, "set()",
        ),
        (
            "from django.conf import settings as s; print(repr(s.DONNEES_ACCEL), s.STORAGES['donnees'])",
            {"SEAU": "seau"}, "'' {'BACKEND': 'publication.donnees.seau.Seau'",
        ),
    ],
)  # fmt: skip
def test_boto3_n_est_lu_que_si_on_le_demande(tmp_path, monkeypatch, script, donnees, dit):
    environnement = {nom: dit for nom, dit in os.environ.items() if not nom.startswith("DONNEES_S3_")}
    environnement |= {f"DONNEES_S3_{nom}": valeur for nom, valeur in donnees.items()}
    environnement |= {"EDOF_VAR": str(tmp_path), "DEBUG": "1", "DONNEES_ACCEL": "/donnees-internes/"}
    fait = subprocess.run(
        [sys.executable, "-c", f"import django, sys; django.setup(); {script}"],
        env=environnement, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert dit in fait.stdout, fait.stderr


def test_sans_boto3_la_phrase_dit_quoi_installer(tmp_path):
    racine = Path(reglages.BASE_DIR)
    fait = subprocess.run(
        [sys.executable, "-c", "import sys; sys.modules['boto3'] = None; import edof.settings"],
        env={**os.environ, "EDOF_VAR": str(tmp_path), "DEBUG": "1", "DONNEES_S3_SEAU": "seau"},
        cwd=racine, capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    assert "pip install --require-hashes -r requirements/image.txt" in fait.stderr
    assert (racine / "requirements" / "image.txt").exists()
