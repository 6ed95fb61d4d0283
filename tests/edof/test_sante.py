"""Tests of the health check URLs: under any host name, with GET and HEAD, over HTTP and HTTPS."""

import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from edof.horloge import a_l_instant, aujourd_hui, minuit
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
