"""Tests of `Idempotency-Key`: one effect and one answer for a write sent several times."""

import datetime as dt
import json
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, connections
from django.utils import timezone

from api.idempotence import oublier
from api.models import ReponseGardee
from catalogue.models import Offre
from echanges.models import Import
from organismes.droits import Role
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.conftest import quantite


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def _dite(reponse):
    # What is left of the rates is that of each request.
    entetes = {
        nom: valeur
        for nom, valeur in reponse.headers.items()
        if not nom.startswith("RateLimit") and nom != "X-Request-ID"
    }
    return reponse.status_code, entetes, reponse.content


def test_une_creation_envoyee_deux_fois_n_est_faite_qu_une_fois(api, monde):
    corps = {"identifiant": "REPRISE-1"}
    premiere = api("POST", "offres/", corps, idempotency_key="a-1")
    seconde = api("POST", "offres/", corps, idempotency_key='"a-1"')
    assert premiere.status_code == 201
    assert premiere.headers["Location"] and premiere.headers["ETag"]
    assert _dite(seconde) == _dite(premiere)
    assert Offre.objects.filter(identifiant="REPRISE-1").count() == 1
    # Without the key, the second is refused: the identifier is taken.
    assert api("POST", "offres/", corps).status_code == 422


def test_un_refus_est_garde_comme_un_succes(api, monde):
    session = monde.session()
    refusee = api("POST", f"sessions/{session.pk}/ouvrir/", {}, idempotency_key="b")
    Session.objects.filter(pk=session.pk).delete()
    assert refusee.status_code in {409, 200}
    assert _dite(api("POST", f"sessions/{session.pk}/ouvrir/", {}, idempotency_key="b")) == _dite(refusee)


@pytest.mark.parametrize(
    ("methode", "adresse", "corps"),
    [
        ("POST", "offres/", {"identifiant": "AUTRE"}),
        ("POST", "offres/?dry_run=true", {"identifiant": "MEME"}),
        ("PUT", "offres/par-identifiant/?identifiant=MEME", {"identifiant": "MEME"}),
    ],
)
def test_la_meme_cle_pour_une_autre_demande_est_refusee(api, methode, adresse, corps):
    assert api("POST", "offres/", {"identifiant": "MEME"}, idempotency_key="c").status_code == 201
    autre = api(methode, adresse, corps, idempotency_key="c")
    assert (autre.status_code, autre.lu["code"]) == (422, "cle_deja_prise")
    assert Offre.objects.filter(identifiant="AUTRE").count() == 0


def test_un_gros_fichier_est_compare_par_son_contenu(api, monde):
    """Two files of more than a mebibyte and of the same length: the second is another request."""
    lignes = "".join(f"ACTION-1;G{n:05};01/02/2099;{' ' * 60}\n" for n in range(15_000))
    corps = f"Action;Session;Du;Observations\n{lignes}".encode()
    assert len(corps) > 1_200_000

    def envoyer(octets):
        return api.client.generic(
            "POST", "/api/v1/imports/", octets, content_type="text/csv", HTTP_IDEMPOTENCY_KEY="gros",
            **api.entetes,
        )  # fmt: skip

    premiere = envoyer(corps)
    assert premiere.status_code == 201 and Import.objects.get().taille == len(corps)
    assert _dite(envoyer(corps)) == _dite(premiere)
    autre = envoyer(corps[:-10] + b"Z" + corps[-9:])
    assert (autre.status_code, json.loads(autre.content)["code"]) == (422, "cle_deja_prise")
    assert Import.objects.count() == 1


@pytest.mark.parametrize("cle", ["", " ", "a b", "é", "x" * 256])
def test_une_cle_qui_ne_se_garde_pas_est_refusee(api, cle):
    refusee = api("POST", "offres/", {"identifiant": "N"}, idempotency_key=cle)
    assert (refusee.status_code, refusee.lu["code"]) == (400, "cle_illisible")
    assert not Offre.objects.filter(identifiant="N").exists()


def test_une_cle_est_celle_d_un_jeton_et_vaut_un_jour(api, monde):
    corps = {"identifiant": "JOUR"}
    assert api("POST", "offres/", corps, idempotency_key="d").status_code == 201
    autre = Programme(jeton_de(monde, Role.REDACTEUR, nom="Autre")[1])
    assert autre("POST", "offres/", corps, idempotency_key="d").status_code == 422
    ReponseGardee.objects.update(creee_le=timezone.now() - dt.timedelta(hours=25))
    assert api("POST", "offres/", corps, idempotency_key="d").lu["code"] == "validation"
    ReponseGardee.objects.update(creee_le=timezone.now() - dt.timedelta(hours=25))
    assert oublier() == 2
    assert oublier() == 0


def test_une_lecture_ne_garde_rien_et_un_jeton_refuse_ne_relit_rien(api, monde):
    assert api("GET", "offres/", idempotency_key="e").status_code == 200
    assert ReponseGardee.objects.count() == 0
    assert api("POST", "offres/", {"identifiant": "E"}, idempotency_key="e").status_code == 201
    assert Programme("faux")("POST", "offres/", {"identifiant": "E"}, idempotency_key="e").status_code == 401


def test_une_erreur_du_programme_ne_garde_ni_l_ecriture_ni_la_reponse(api):
    with connection.cursor() as curseur:
        curseur.execute("ALTER TABLE api_reponsegardee ADD CONSTRAINT panne CHECK (cle <> 'panne') NOT VALID")
    with pytest.raises(Exception, match="panne"):
        api("POST", "offres/", {"identifiant": "PANNE"}, idempotency_key="panne")
    assert not Offre.objects.filter(identifiant="PANNE").exists()


@pytest.mark.django_db(transaction=True)
def test_deux_cents_envois_avec_vingt_cles_font_vingt_offres(monde, settings):
    """Ten clients for each key, at the same instant: while the first writes, the others are told to wait."""
    settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_PAR_ORGANISME = "1000000/min"
    secret, attentes = jeton_de(monde)[1], []

    def envoyer(rang: int) -> tuple[int, str, str]:
        try:
            cle = f"cle-{rang // 10}"
            while True:
                corps = {"identifiant": f"V-{rang // 10}"}
                reponse = Programme(secret)("POST", "offres/", corps, idempotency_key=cle)
                if reponse.status_code != 409:
                    return reponse.status_code, cle, json.dumps(reponse.lu)
                assert (reponse.lu["code"], reponse.headers["Retry-After"]) == ("cle_en_cours", "1")
                attentes.append(cle)
                time.sleep(0.1)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(quantite(100, 20)) as fils:
        recues = list(fils.map(envoyer, range(200)))
    assert {statut for statut, _, _ in recues} == {201} and attentes
    assert len({(cle, lu) for _, cle, lu in recues}) == 20
    assert Offre.objects.filter(identifiant__startswith="V-").count() == 20
