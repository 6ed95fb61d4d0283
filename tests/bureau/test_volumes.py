"""Tests of what the pages of the catalogue read when there is much: as many queries, and few rows."""

import datetime as dt

import pytest
from django.db import connection
from django.db.models.sql.compiler import SQLCompiler
from django.test.utils import CaptureQueriesContext

from bureau.catalogue.chercher import Recherche
from edof.horloge import a_l_instant, aujourd_hui, minuit
from publication.adresses import adresse_de
from publication.passages import publier
from tests.administration import grossir
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.edof.test_trios import lignes_lues

pytestmark = pytest.mark.django_db


def requetes_de(client, adresse):
    client.get(adresse)
    with CaptureQueriesContext(connection) as requetes:
        assert client.get(adresse).status_code == 200
    return [requete["sql"] for requete in requetes]


def test_une_page_fait_autant_de_requetes_pour_dix_mille_sessions(monde, connecter):
    """What an open offre adds is its keys and its rows, and so does an open action."""
    client = connecter(monde.gestionnaire)
    for rang in range(10):
        monde.session(f"s{rang}", ouverte=rang % 2 == 0)
    o, a = f"?o={monde.offre.pk}", f"&a={monde.action.pk}"
    adresses = {"/catalogue/": 5, f"/catalogue/{o}": 7, f"/catalogue/{o}{a}": 10, "/catalogue/sessions/": 7}
    for copies in (0, 10_000):
        grossir(monde, copies)
        lues = {adresse: len(requetes_de(client, adresse)) for adresse in adresses}
        assert lues == {adresse: min(attendues, lues[adresse]) for adresse, attendues in adresses.items()}


def test_une_page_ne_lit_pas_les_sessions_des_autres(monde, connecter):
    """The rows read are those of the offres shown, whatever the others have."""
    monde.session("s1", ouverte=True)
    autre = Monde("Autre", "52345678900017")
    autre.session("s1", ouverte=True)
    grossir(autre, 10_000)
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")
    # The keys of the offres and of the actions of an open one, and the cards of the offres.
    adresses = ("/catalogue/", f"/catalogue/?o={monde.offre.pk}")
    for adresse, combien in zip(adresses, (3, 4), strict=True):
        requetes = requetes_de(connecter(monde.gestionnaire), adresse)[:combien]
        lues = [lignes_lues(sql, "sessions_app_session") for sql in requetes]
        assert sum(lues) <= 10, lues


@pytest.fixture
def composees(monkeypatch):
    """Return the models of the queries that are composed, as they are."""
    lues, composer = [], SQLCompiler.as_sql

    def noter(self, *arguments, **options):
        lues.append(self.query.model)
        return composer(self, *arguments, **options)

    monkeypatch.setattr(SQLCompiler, "as_sql", noter)
    return lues


def test_l_accueil_et_une_fiche_se_lisent_sans_composer_leurs_requetes(monde, connecter, composees):
    """The statements that ask what the public sees are long to compose: they are kept for the day."""
    session, client = monde.session("s1", ouverte=True), connecter(monde.gestionnaire)
    programme = Programme(jeton_de(monde)[1])
    fiches = {"session": session, "action": monde.action, "offre": monde.offre}
    for _ in range(2):
        composees.clear()
        assert client.get("/").status_code == 200
    assert composees == []
    # What is still composed is whether the record was published.
    for nom, page in (("session", 1), ("action", 1), ("offre", 0)):
        for lire, attendues in (
            (lambda nom=nom: programme("GET", f"{nom}s/{fiches[nom].pk}/"), 0),
            (lambda nom=nom: client.get(f"/catalogue/{nom}s/{fiches[nom].pk}/"), page),
        ):
            assert lire().status_code == 200
            composees.clear()
            lire()
            assert len(composees) == attendues, (nom, composees)


def test_la_page_d_une_formation_ne_compose_pas_ses_requetes(client, composees):
    with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=12)):
        monde = Monde()
        monde.session("s1", ouverte=True)
    publier(aujourd_hui(), par="test")
    adresse = adresse_de(monde.organisme.siret, "OFFRE-1", "ACTION-1")
    for _ in range(2):
        composees.clear()
        assert client.get(adresse).status_code == 200
    assert composees == []


def test_une_recherche_trouve_ses_offres_sans_composer_de_requete(monde, composees):
    for q, archivees in (("texte", False), ("texte chevilly", False), ("action-1", True)):
        for _ in range(2):
            composees.clear()
            assert Recherche(monde.organisme, q, archivees=archivees).trouvees == [monde.offre.pk]
        assert composees == []
