"""Who is signed in: one query, and nobody in by mistake."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from organismes.models import Connexion, Membre, Organisme, Utilisateur

pytestmark = pytest.mark.django_db


@pytest.fixture
def client_(connecter, monde):
    return connecter(monde.gestionnaire)


def lues(client: Client, adresse: str = "/aide/navigateurs/") -> list[str]:
    """Return the queries of a page that needs none."""
    with CaptureQueriesContext(
        connection,
    ) as capture:
        assert client.get(adresse).status_code == 200
    return [requete["sql"] for requete in capture.captured_queries]


def test_la_personne_ses_organismes_et_sa_session_en_une_requete(client_, monde):
    autre = Organisme.objects.create(raison_sociale="Autre", siret="73282932000074", nda="11755555555")
    Membre.objects.create(utilisateur=monde.gestionnaire, organisme=autre, role="lecteur")
    client_.get("/")
    assert len([sql for sql in lues(client_) if "bandeau" not in sql]) == 1
    reponse = client_.get("/aide/navigateurs/")
    assert "Autre" in reponse.content.decode()


def test_qui_n_a_pas_d_organisme_est_reconnu_aussi(client):
    seule = Utilisateur.objects.create_user("seule@ailleurs.example", "un-mot-de-passe-long")
    client.force_login(seule, backend="django.contrib.auth.backends.ModelBackend")
    assert client.get("/compte/").status_code == 200
    assert Connexion.objects.get().utilisateur == seule


def test_la_personne_desactivee_ou_dont_le_mot_de_passe_change_n_est_plus_la(client_, monde):
    monde.gestionnaire.set_password("un-autre-mot-de-passe")
    monde.gestionnaire.save()
    assert client_.get("/compte/").status_code == 302
    client_.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    assert client_.get("/compte/").status_code == 200
    Utilisateur.objects.filter(pk=monde.gestionnaire.pk).update(is_active=False)
    assert client_.get("/compte/").status_code == 302


def test_une_session_finie_n_est_pas_lue(client_):
    Connexion.objects.update(expire_date="2020-01-01T00:00:00Z")
    assert client_.get("/compte/").status_code == 302


def test_le_client_d_une_autre_session_ne_prend_pas_son_identite(client_, monde):
    """Check that the row's user is not enough: the signed data name the user."""
    autre = Utilisateur.objects.create_user("autre@ailleurs.example", "un-mot-de-passe-long")
    Membre.objects.create(utilisateur=autre, organisme=monde.organisme, role="gestionnaire")
    Connexion.objects.update(utilisateur=autre)
    page = client_.get("/compte/").content.decode()
    assert monde.gestionnaire.courriel in page and autre.courriel not in page
