"""Tests of the rates of requests: counted for all, said in each answer, and true to the second."""

import datetime as dt
import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections
from django.utils import timezone

from api.debit import budget, depenser, oublier
from api.models import Compteur
from edof.horloge import a_l_instant
from organismes.droits import Role
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde

MIDI = dt.datetime(2027, 3, 2, 12, tzinfo=dt.UTC)


def apres(secondes: float) -> dt.datetime:
    """Return the instant so many seconds after noon."""
    return MIDI + dt.timedelta(seconds=secondes)


def test_ce_que_dit_retry_after_est_vrai(monde, settings):
    settings.API_DEBIT_PAR_JETON, settings.API_DEBIT_PAR_ORGANISME = "7/min", "100/min"
    api = Programme(jeton_de(monde)[1])
    with a_l_instant(MIDI):
        assert [api("GET", "offres/").status_code for _ in range(8)] == [200] * 7 + [429]
        refusee = api("GET", "offres/")
    assert refusee.lu["code"] == "debit_depasse"
    attente = int(refusee.headers["Retry-After"])
    assert 0 < attente <= 9
    with a_l_instant(apres(attente - 1)):
        assert api("GET", "offres/").status_code == 429
    with a_l_instant(apres(attente)):
        passee = api("GET", "offres/")
        assert passee.status_code == 200
        encore = api("GET", "offres/")
    assert encore.status_code == 429
    with a_l_instant(apres(attente + int(encore.headers["Retry-After"]))):
        assert api("GET", "offres/").status_code == 200


def test_ce_que_disent_les_en_tetes_est_vrai(monde, settings):
    settings.API_DEBIT_PAR_JETON, settings.API_DEBIT_PAR_ORGANISME = "5/min", "20/hour"
    api = Programme(jeton_de(monde)[1])
    with a_l_instant(MIDI):
        for reste in (4, 3, 2):
            lue = api("GET", "offres/")
            assert lue.headers["RateLimit-Policy"] == '"jeton";q=5;w=60, "organisme";q=20;w=3600'
            du_jeton, de_l_organisme = re.findall(r'"[a-z]+";r=(\d+);t=(\d+)', lue.headers["RateLimit"])
            assert (int(du_jeton[0]), int(de_l_organisme[0])) == (reste, reste + 15)
        # As many as were said to be left, no more.
        statuts = [api("GET", "offres/").status_code for _ in range(3)]
    assert statuts == [200, 200, 429]
    with a_l_instant(apres(60)):
        # Once the time that was said has passed, the whole quota is back.
        assert '"jeton";r=4;' in api("GET", "offres/").headers["RateLimit"]


def test_le_budget_de_l_organisme_est_celui_de_tous_ses_jetons(monde, settings):
    settings.API_DEBIT_PAR_JETON, settings.API_DEBIT_PAR_ORGANISME = "10/min", "3/min"
    api, autre = Programme(jeton_de(monde)[1]), Programme(jeton_de(monde, Role.LECTEUR, "Autre")[1])
    ailleurs = Programme(jeton_de(Monde("Ailleurs", "98765432100018"))[1])
    with a_l_instant(MIDI):
        recus = [programme("GET", "offres/").status_code for programme in (api, autre, api, autre, ailleurs)]
        assert recus == [200, 200, 200, 429, 200]
        assert int(autre("GET", "offres/").headers["Retry-After"]) == 20


def test_sans_jeton_c_est_l_adresse_qui_compte(monde, settings):
    """A wrong token counts too; the header X-Forwarded-For changes nothing."""
    settings.API_DEBIT_ANONYME = "2/min"
    sans = enumerate((None, "x", "x", None))
    recus = [
        Programme(secret)("GET", "formations/", x_forwarded_for=f"1.2.3.{n}").status_code
        for n, secret in sans
    ]
    assert recus == [200, 401, 429, 429]


def test_une_horloge_qui_recule_ne_fait_attendre_personne(db):
    with a_l_instant(timezone.now() + dt.timedelta(days=30)):
        for _ in range(5):
            assert depenser([budget("jeton", "1", "5/min")])[0].attente == 0
    (solde,) = depenser([budget("jeton", "1", "5/min")])
    assert (solde.attente, solde.reste) == (0, 4)


def test_un_debit_rendu_est_oublie(db):
    with a_l_instant(timezone.now() - dt.timedelta(hours=3)):
        depenser([budget("jeton", "1", "5/min")])
    depenser([budget("jeton", "2", "5/min")])
    assert oublier() == 1
    assert Compteur.objects.get().cle == "jeton/2"


@pytest.mark.django_db(transaction=True)
def test_plusieurs_processus_partagent_un_debit():
    def un(_: int) -> int:
        try:
            return sum(not depenser([budget("jeton", "7", "40/day")])[0].attente for _ in range(15))
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as fils:
        assert sum(fils.map(un, range(6))) == 40
