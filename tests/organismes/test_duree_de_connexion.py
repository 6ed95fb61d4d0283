"""Tests of the duration of a sign-in: idle limit, total limit and warning.

Requests that the page sends by itself do not count as activity.
"""

import datetime as dt

import pytest
import time_machine
from django.test import Client

from edof.horloge import maintenant
from tests.conftest import Monde

RESTE = "/connexion/reste/"


@pytest.fixture
def onglet(monde: Monde) -> Client:
    """Return a signed-in client that has requested one page."""
    client = Client()
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/catalogue/").status_code == 200
    return client


def apres(**duree: float) -> time_machine.travel:
    return time_machine.travel(maintenant() + dt.timedelta(**duree), tick=True)


def test_deux_heures_sans_rien_faire_ferment_la_connexion_et_rendent_la_saisie(onglet):
    with apres(minutes=119):
        assert onglet.get("/catalogue/").status_code == 200
    # The last activity was at 119 minutes.
    with apres(minutes=238):
        assert onglet.get("/catalogue/").status_code == 200
    with apres(minutes=359):
        page = onglet.post("/carnet/contacts/ajouter/", {"nom": "Ce que je tapais"})
        assert page.status_code == 401 and "Ce que je tapais" in page.text
        assert onglet.get("/catalogue/").status_code == 302
    # The session itself has been deleted: setting the clock back does not restore it.
    assert onglet.get("/catalogue/").status_code == 302


def test_douze_heures_en_tout_meme_sans_s_arreter(onglet):
    for minutes in range(60, 720, 60):
        with apres(minutes=minutes):
            assert onglet.get("/catalogue/").status_code == 200
    with apres(hours=12, seconds=1):
        assert onglet.get("/catalogue/").status_code == 302


def test_ce_que_la_page_demande_seule_ne_compte_pas(onglet):
    for minutes in range(10, 120, 10):
        with apres(minutes=minutes):
            reste = onglet.get(RESTE, headers={"x-sans-geste": "1"}).json()
            assert abs(reste["secondes"] - (120 - minutes) * 60) < 60 and reste["prolongeable"]
    with apres(minutes=119):
        assert onglet.get(RESTE).json()["secondes"] == 7200
    with apres(minutes=121):
        assert onglet.get(RESTE, headers={"x-sans-geste": "1"}).json()["secondes"] > 7000
    with apres(hours=5):
        assert onglet.get(RESTE, headers={"x-sans-geste": "1"}).json() == {
            "secondes": 0,
            "prolongeable": False,
        }


def test_un_cookie_d_activite_ne_s_invente_ni_ne_s_emprunte(onglet, monde):
    autre = Client()
    autre.force_login(monde.personne("autre", "lecteur"), backend="django.contrib.auth.backends.ModelBackend")
    autre.get("/catalogue/")
    for valeur in ("", "n'importe quoi", autre.cookies["activite"].value):
        onglet.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        assert onglet.get(RESTE).json()["secondes"] > 0
        onglet.cookies["activite"] = valeur
        assert onglet.get(RESTE).json()["secondes"] == 0


def test_changer_de_mot_de_passe_garde_la_connexion(onglet):
    donnees = {"partie": "mot_de_passe", "old_password": "demo-edof-mot-de-passe"}
    nouveau = "une autre phrase assez longue"
    onglet.post("/compte/", {**donnees, "new_password1": nouveau, "new_password2": nouveau})
    with apres(minutes=30):
        assert onglet.get("/catalogue/").status_code == 200


def test_lire_n_ecrit_rien(onglet, django_assert_num_queries):
    with apres(minutes=30):
        onglet.get(RESTE)
    with apres(minutes=31), django_assert_num_queries(1):
        onglet.get(RESTE)
