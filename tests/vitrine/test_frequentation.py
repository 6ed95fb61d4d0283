"""Tests of the numbers of readings: what is counted, what is not, and that nobody waits."""

import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from edof.horloge import aujourd_hui
from publication.frequentation import Frequentation, les_plus_ouvertes, lue, noter, oublier, verser
from tests.conftest import Monde
from tests.outils import texte
from tests.vitrine.test_formation import ADRESSE, publie  # noqa: F401


@pytest.fixture(autouse=True)
def _rien_en_memoire(db):
    """Forget what other tests have read."""
    verser()
    Frequentation.objects.all().delete()


def nombres() -> list[tuple[int, int]]:
    verser()
    return list(Frequentation.objects.values_list("vues", "ouvertures"))


def test_ce_qui_est_lu_se_compte_par_action_et_par_jour(publie, client):  # noqa: F811
    for _ in range(3):
        client.get("/formations/")
    client.get("/formations/?q=introuvable")
    client.get(ADRESSE)
    assert nombres() == [(3, 1)]
    client.get(ADRESSE)
    assert nombres() == [(3, 2)]
    ligne = Frequentation.objects.get()
    assert (ligne.action_id, ligne.organisme, ligne.jour) == (
        publie.action.pk, publie.organisme, aujourd_hui(),
    )  # fmt: skip
    assert lue(publie.organisme) == lue(publie.organisme, publie.action.pk)
    assert lue(publie.organisme) == {"vues": 3, "ouvertures": 2, "jours": 30}
    (une,) = les_plus_ouvertes(publie.organisme)
    assert (une["action_id"], une["dont_vues"], une["dont_ouvertures"]) == (publie.action.pk, 3, 2)


@pytest.mark.parametrize(
    "entetes",
    [
        {"HTTP_USER_AGENT": "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"},
        {"HTTP_USER_AGENT": "curl/8.5.0"},
        {"HTTP_SEC_PURPOSE": "prefetch;prerender"},
    ],
)
def test_un_robot_n_est_pas_un_lecteur(publie, client, entetes):  # noqa: F811
    client.get(ADRESSE, **entetes)
    client.get("/formations/", **entetes)
    assert nombres() == []


def test_ni_head_ni_ce_qui_n_a_pas_change_ni_ce_qui_n_est_plus_la(publie, client):  # noqa: F811
    etag = client.get(ADRESSE)["ETag"]
    assert nombres() == [(0, 1)]
    client.head(ADRESSE)
    client.get(ADRESSE, HTTP_IF_NONE_MATCH=etag)
    client.get(ADRESSE.replace("OFFRE", "X"))
    assert nombres() == [(0, 1)]


def test_la_lecture_n_attend_pas_l_ecriture(publie, client, settings):  # noqa: F811
    settings.FREQUENTATION_SECONDES = 0
    with CaptureQueriesContext(connection) as requetes:
        client.get(ADRESSE)
    ecrites = [rang for rang, requete in enumerate(requetes) if "INSERT INTO" in requete["sql"]]
    lues = [rang for rang, requete in enumerate(requetes) if 'FROM "publication_parution"' in requete["sql"]]
    # Once the page is made and sent, in one statement.
    assert len(ecrites) == 1 and ecrites[0] > max(lues)
    assert nombres() == [(0, 1)]


def test_une_action_supprimee_ne_perd_pas_les_autres(publie, client):  # noqa: F811
    client.get("/formations/")
    noter(montrees=[publie.action.pk, 987654321], ouverte=987654321)
    assert nombres() == [(2, 0)]


def test_ce_qui_est_ancien_s_oublie(publie):  # noqa: F811
    for jours in (0, 29, 30, 399, 400):
        Frequentation.objects.create(
            organisme=publie.organisme, action=publie.action, ouvertures=1,
            jour=aujourd_hui() - dt.timedelta(days=jours),
        )  # fmt: skip
    assert lue(publie.organisme)["ouvertures"] == 2
    oublier()
    assert Frequentation.objects.count() == 4


def test_l_organisme_le_lit_et_personne_d_autre(publie, connecter, client):  # noqa: F811
    autre = Monde("Autre", "52345678900017")
    lues = ("/", "/organisme/", f"/catalogue/actions/{publie.action.pk}/")
    gestionnaire = connecter(publie.gestionnaire)
    assert "fois dans les résultats" not in texte(gestionnaire.get("/"))
    for _ in range(1234):
        noter(montrees=[publie.action.pk])
    noter(ouverte=publie.action.pk)
    verser()
    for adresse in lues:
        lu = texte(gestionnaire.get(adresse))
        assert "Ces 30 derniers jours : 1 234 fois dans les résultats, 1 fois ouverte" in lu, adresse
    assert "Texte ACTION-1 1 ouverture" in texte(gestionnaire.get("/organisme/"))
    assert "1 234" not in texte(connecter(autre.gestionnaire).get("/organisme/"))
