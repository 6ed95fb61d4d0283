"""Tests of the health check URLs: under any host name, with GET and HEAD, over HTTP and HTTPS."""

import datetime as dt
import os
import subprocess
import sys
from ipaddress import ip_network

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from edof.horloge import a_l_instant, aujourd_hui, maintenant, minuit
from exploitation.etat import version
from exploitation.models import Battement
from organismes.models import Courriel
from publication.passages import publier
from tests.conftest import Monde

ADRESSES = ["/sante/", "/sante/vivant/", "/sante/pret/"]


@pytest.mark.django_db
@pytest.mark.parametrize("adresse", ADRESSES)
def test_une_sonde_demande_par_n_importe_quel_nom(settings, adresse):
    settings.SECURE_SSL_REDIRECT, settings.ALLOWED_HOSTS = True, ["catalogue.example"]
    for hote in ("10.0.0.7:8000", "web", "catalogue.example", "pas chez nous", ""):
        assert Client().get(adresse, HTTP_HOST=hote).status_code == 200
    tete = Client().head(adresse, HTTP_HOST="10.0.0.7:8000")
    assert (tete.status_code, tete.content) == (200, b"") and tete.headers[
        "X-Content-Type-Options"
    ] == "nosniff"
    assert Client().get("/connexion/", HTTP_HOST="10.0.0.7:8000").status_code == 400


def test_un_worker_qui_n_a_jamais_tourne_est_en_retard(db, client):
    veille = aujourd_hui() - dt.timedelta(1)
    with a_l_instant(minuit(veille) + dt.timedelta(hours=15)):
        Monde()
        assert client.get("/sante/").status_code == 200
    for heure, code in ((6, 200), (8, 503)):
        with a_l_instant(minuit(aujourd_hui()) + dt.timedelta(hours=heure)):
            assert client.get("/sante/").status_code == code
            assert client.get("/sante/vivant/").status_code == client.get("/sante/pret/").status_code == 200
    with a_l_instant(minuit(aujourd_hui()) + dt.timedelta(hours=8)):
        publier(aujourd_hui(), par="test")
        assert client.get("/sante/").status_code == 200


def test_pas_pret_quand_les_tables_ne_sont_pas_celles_du_programme(db, client):
    MigrationRecorder(connection).migration_qs.filter(app="publication").order_by("-pk")[0].delete()
    reponse = client.get("/sante/pret/")
    assert (reponse.status_code, reponse.json()["etat"]) == (503, "a_migrer")
    assert client.get("/sante/vivant/").status_code == 200


def test_qui_est_de_la_maison_en_sait_plus(db, client, settings, tmp_path):
    settings.SAUVEGARDES = tmp_path
    Battement.objects.create(nom=Battement.BEAT)
    vu = maintenant() - dt.timedelta(minutes=11)
    Battement.objects.create(nom=Battement.WORKER, vu_le=vu, depuis=vu)
    dits = client.get("/sante/pret/").json()
    assert (dits["etat"], dits["base_de_donnees"], dits["migrations"]) == ("ok", "ok", "ok")
    assert (dits["beat"]["etat"], dits["worker"]["etat"]) == ("ok", "muet")
    assert dits["sauvegarde"] == {"faite_le": None, "etat": "ok"} and dits["disque"]["libre"] > 0
    assert dits["version"] == version() and dits["courtier"] in {"fichiers", "ok"}
    settings.CELERY_BROKER_URL = "redis://127.0.0.1:1/0"
    reponse = client.get("/sante/pret/")
    assert (reponse.status_code, reponse.json()["courtier"]) == (200, "injoignable")
    settings.METRIQUES_ADRESSES = []
    assert client.get("/sante/pret/").json() == {"etat": "ok", "base_de_donnees": "ok"}


def test_les_figures_sont_pour_un_jeton_ou_une_adresse(db, client, settings):
    settings.METRIQUES_ADRESSES, settings.PROXYS = [ip_network("10.0.0.0/8"), ip_network("2001:db8::5")], 1

    def statut(**entetes: str) -> int:
        return client.get("/metriques/", **entetes).status_code

    assert statut() == statut(HTTP_AUTHORIZATION="Bearer ") == 404
    assert statut(HTTP_X_FORWARDED_FOR="10.1.2.3") == 200
    assert statut(HTTP_X_FORWARDED_FOR="2001:db8::9") == 200
    assert statut(HTTP_X_FORWARDED_FOR="10.1.2.3, 11.0.0.1") == 404
    settings.METRIQUES_JETON = "un-jeton-assez-long"
    assert statut(HTTP_AUTHORIZATION="Bearer un-jeton-assez-long") == 200
    assert statut(HTTP_AUTHORIZATION="Bearer autre") == 404
    assert statut(HTTP_AUTHORIZATION="Bearer autre", HTTP_X_FORWARDED_FOR="10.1.2.3") == 404


def test_les_figures_disent_les_demandes_et_les_files(monde, client, django_assert_max_num_queries):
    publier(aujourd_hui(), par="test")
    tard = maintenant() - dt.timedelta(hours=1)
    Courriel.objects.create(a="a@test.example", objet="x", prochain_essai_le=tard)
    Battement.objects.create(nom="x.tasks.y", faits=7, echecs=2, secondes=1.5)
    client.get("/nulle-part/")
    with django_assert_max_num_queries(20):
        lues = {
            famille.name: {tuple(p.labels[nom] for nom in sorted(p.labels)): p.value for p in famille.samples}
            for famille in text_string_to_metric_families(client.get("/metriques/").content.decode())
        }
    assert lues["edof_requetes"]["GET", "404", "aucune"] >= 1
    assert lues["edof_en_attente"]["courriels",] == 1 and lues["edof_attente_secondes"]["courriels",] >= 3600
    assert lues["edof_taches"]["reussie", "x.tasks.y"] == 7
    assert lues["edof_taches"]["echouee", "x.tasks.y"] == 2
    assert lues["edof_publication_jours_en_retard"][()] == 0 and lues["edof_alarmes"]["disque",] == 0
    assert "edof_publication_terminee_secondes" in lues


def test_les_processus_du_serveur_web_comptent_ensemble(tmp_path):
    """Count in two processes, one after the other then together: they add up, in the files of two places."""
    script = (
        "import sys, os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'edof.settings');"
        "import django; django.setup();"
        "from django.test import RequestFactory; from edof import compteurs;"
        "r = RequestFactory().get('/'); r.resolver_match = None;"
        "[compteurs.compter(r, 200, 0.1) for _ in range(3)];"
        "from prometheus_client import generate_latest;"
        "print(generate_latest(compteurs.registre()).decode(), flush=True); sys.stdin.read()"
    )
    environnement = os.environ | {"METRIQUES_DOSSIER": str(tmp_path / "m")}

    def lancer() -> tuple[subprocess.Popen[str], str]:
        processus = subprocess.Popen(
            [sys.executable, "-c", script], env=environnement, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        assert processus.stdout
        return processus, next(ligne for ligne in processus.stdout if 'statut="200"' in ligne)

    premier, ligne = lancer()
    assert ligne.endswith(" 3.0\n")
    second, ligne = lancer()
    assert ligne.endswith(" 6.0\n")
    premier.communicate()
    # The third one goes on in the place of the first.
    troisieme, ligne = lancer()
    assert ligne.endswith(" 9.0\n")
    second.communicate()
    troisieme.communicate()
    assert len(list((tmp_path / "m").glob("counter_*.db"))) == 2
