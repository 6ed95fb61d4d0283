"""« Sessions »: what answers, in which order, at a number of queries that does not depend on the rows."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import executer
from edof.horloge import aujourd_hui
from organismes.droits import Operation
from tests.conftest import Monde
from tests.outils import texte

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


@pytest.fixture
def sessions(monde):
    """Return three sessions: opened, closed again, archived; another organisme has one too."""
    jour = aujourd_hui()
    ouverte = monde.session("B-ouverte", ouverte=True, date_debut=jour + dt.timedelta(30))
    validee = monde.session("a-validee", date_debut=jour + dt.timedelta(10), garantie=False)
    archivee = executer(monde.session("C-archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    Monde("Autre", "73282932000074").session("D-ailleurs")
    return ouverte, validee, archivee


def montrees(client_, **parametres):
    page = client_.get("/catalogue/sessions/", parametres).content.decode()
    return re.findall(r"<code>([^<]+)</code></a></td>", page)


def test_toutes_celles_qui_ne_sont_pas_archivees_par_date(client_, sessions):
    assert montrees(client_) == ["a-validee", "B-ouverte"]
    assert montrees(client_, tri="-dates") == ["B-ouverte", "a-validee"]


@pytest.mark.parametrize(
    ("tri", "attendues"),
    [
        ("identifiant", ["a-validee", "B-ouverte"]),
        ("-identifiant", ["B-ouverte", "a-validee"]),
        ("garantie", ["a-validee", "B-ouverte"]),
        ("statut", ["B-ouverte", "a-validee"]),
        ("-ouverte", ["B-ouverte", "a-validee"]),
        ("action", ["B-ouverte", "a-validee"]),
        ("inconnu", ["a-validee", "B-ouverte"]),
    ],
)
def test_chaque_colonne_se_trie(client_, sessions, tri, attendues):
    assert montrees(client_, tri=tri) == attendues


@pytest.mark.parametrize(
    ("filtre", "attendues"),
    [
        ({"statut": "archivee"}, ["C-archivee"]),
        ({"statut": "active"}, ["B-ouverte"]),
        ({"visibilite": "non_visibles"}, []),
        ({"q": "validee"}, ["a-validee"]),
        ({"q": "introuvable"}, []),
        ({"ville": "CHEVILLY LARUE"}, ["a-validee", "B-ouverte"]),
        ({"enseignement": "a_distance"}, []),
    ],
)
def test_les_filtres_du_catalogue(client_, sessions, filtre, attendues):
    assert montrees(client_, **filtre) == attendues


def test_un_filtre_illisible_se_dit_et_ne_s_applique_pas(client_, sessions):
    page = texte(client_.get("/catalogue/sessions/", {"du": "hier"}))
    assert "Cette date n'est pas lisible" in page and "2 sessions répondent" in page


def test_chercher_garde_l_ordre(client_, sessions):
    page = client_.get("/catalogue/sessions/", {"tri": "-identifiant"}).content.decode()
    assert '<input type="hidden" name="tri" value="-identifiant">' in page


def test_une_adresse_ne_garde_que_ce_qui_est_demande(client_, sessions):
    reponse = client_.get("/catalogue/sessions/", {"q": "validee", "ville": "", "du": "", "au": ""})
    assert (reponse.status_code, reponse.url) == (302, "/catalogue/sessions/?q=validee")


def test_le_nombre_de_requetes_ne_suit_pas_les_lignes(client_, monde, sessions):
    def requetes():
        with CaptureQueriesContext(connection) as capture:
            assert client_.get("/catalogue/sessions/").status_code == 200
        return len(capture)

    requetes()
    peu = requetes()
    for rang in range(60):
        monde.session(f"S{rang:03}", date_debut=aujourd_hui() + dt.timedelta(20 + rang))
    assert requetes() == peu
    assert len(montrees(client_)) == 50 and len(montrees(client_, page="2")) == 12
