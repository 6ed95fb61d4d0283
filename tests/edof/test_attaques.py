"""Tests that one visitor cannot block the pages of others, whether by accident or by intent.

They run on the real web servers, with their real settings.
"""

import contextlib
import http.client
import shutil
import time
from concurrent.futures import ThreadPoolExecutor

import hypothesis
import pytest
from django.test import Client

from catalogue.models import Offre
from edof.texte_leger import ILLISIBLE
from tests.api.client import jeton_de
from tests.attaques import (
    CODAGES,
    LENTEURS,
    Quelqu_un_d_autre,
    a_la_fois,
    balises_imbriquees,
    celui_de_compose,
    celui_de_run,
    clients_lents,
    faute_de,
    front,
    ligne_verrouillee,
    requetes_brutes,
    serveur,
)
from tests.conftest import Monde

pytestmark = pytest.mark.django_db(transaction=True)
# Upper bound in seconds. A page takes about 20 ms; a blocked server would respond only after the attack.
BIENTOT = 2.0


@pytest.fixture
def derriere_le_front(tmp_path):
    """Start the server of docker-compose.yml behind nginx."""
    if not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
        pytest.skip("nginx n'est pas installé")
    with serveur(celui_de_compose) as programme, front(programme, tmp_path) as cible:
        yield cible


@pytest.fixture(params=["run", "compose"])
def cible(request):
    """Start the server of `./run`, then that of docker-compose.yml."""
    if request.param == "compose":
        yield request.getfixturevalue("derriere_le_front")
        return
    with serveur(celui_de_run) as cible:
        yield cible


def test_des_clients_lents_n_arretent_personne(cible):
    for lenteur in LENTEURS:
        with clients_lents(cible, 60, lenteur):
            time.sleep(0.3)
            with Quelqu_un_d_autre(cible) as autre:
                time.sleep(0.5)
            assert autre.statuts == {200} and autre.mediane < BIENTOT, (lenteur, autre.durees)


def test_une_ligne_verrouillee_n_arrete_personne(cible):
    """Send eighteen requests that wait for one locked row: each fails within seconds, in French."""
    monde = Monde()
    entetes = {
        "Authorization": f"Bearer {jeton_de(monde)[1]}",
        "Content-Type": "application/json",
        "If-Match": "*",
    }
    adresse = f"/api/v1/offres/{monde.offre.pk}/"
    with ligne_verrouillee(Offre._meta.db_table, monde.offre.pk), ThreadPoolExecutor(1) as attaque:
        attente = attaque.submit(
            a_la_fois, 18, lambda _: cible("PATCH", adresse, b'{"intitule": "X"}', entetes)
        )
        with Quelqu_un_d_autre(cible) as autre, Quelqu_un_d_autre(cible, "/sante/vivant/") as sante:
            reponses = attente.result()
    assert {statut for statut, *_ in reponses} == {503}
    assert all("Service indisponible" in corps.decode() for _, corps, *_ in reponses)
    assert all(duree < 10 for *_, duree in reponses), [duree for *_, duree in reponses]
    for vu in (autre, sante):
        assert vu.statuts == {200} and vu.mediane < BIENTOT, vu.durees


def test_du_balisage_imbrique_n_arrete_personne(cible):
    monde = Monde()
    entetes = {
        "Authorization": f"Bearer {jeton_de(monde)[1]}",
        "Content-Type": "application/json",
        "If-Match": "*",
    }
    corps = balises_imbriquees(400_000)
    for adresse in (f"/api/v1/actions/{monde.action.pk}/{essai}" for essai in ("", "?dry_run=true")):
        with Quelqu_un_d_autre(cible) as autre:
            reponses = a_la_fois(8, lambda _, adresse=adresse: cible("PATCH", adresse, corps, entetes))
        assert {statut for statut, *_ in reponses} == {422} and all(
            ILLISIBLE in dit.decode() for _, dit, *_ in reponses
        )
        assert autre.statuts == {200} and autre.mediane < BIENTOT, autre.durees


def test_aucun_codage_ne_casse_la_reponse(cible):
    """Check that no charset breaks the response.

    `charset=hex` used to cause a bare 500 of the web server (see also tests/edof/test_requetes.py).
    """
    for codage in CODAGES:
        entetes = {"Content-Type": f"text/plain; charset={codage}"}
        for methode, chemin in (
            ("GET", "/connexion/?q=é"),
            ("POST", "/connexion/"),
            ("PUT", "/api/v1/offres/1/"),
        ):
            demande = (
                f"{methode} {chemin} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length:"
                " 0\r\n"
            )
            demande += "".join(f"{nom}: {valeur}\r\n" for nom, valeur in entetes.items()) + "\r\n"
            assert not faute_de(cible, demande.encode("latin-1"))


def test_n_importe_quels_octets_recoivent_une_reponse_a_nous():
    monde = Monde()
    client = Client()
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    cookies = "; ".join(f"{nom}={cookie.value}" for nom, cookie in client.cookies.items())
    identites = (f"Authorization: Bearer {jeton_de(monde)[1]}", f"Cookie: {cookies}")
    with serveur(celui_de_run) as cible:

        @hypothesis.settings(
            max_examples=500, deadline=None, suppress_health_check=list(hypothesis.HealthCheck)
        )
        @hypothesis.given(requetes_brutes(identites))
        def essayer(demande: bytes) -> None:
            assert not faute_de(cible, demande)

        essayer()


def test_ce_que_le_front_refuse_est_dit_en_francais(derriere_le_front):
    cible = derriere_le_front
    statut, page, entetes, _ = cible("POST", "/connexion/", b"a" * 34_000_000)
    assert statut == 413 and "trop gros" in page.decode() and "Content-Security-Policy" in entetes
    # The rest of the body must not be taken for another request.
    assert entetes["Connection"] == "close"
    # The file of an import may be larger: the program is asked, which wants a token.
    statut, page, _, _ = cible("POST", "/api/v1/imports/", b"a" * 34_000_000)
    assert statut == 401 and b"jeton_absent" in page
    statut, page, _, _ = cible("GET", "/" + "a" * 20_000)
    assert statut == 414 and "Demande incomprise" in page.decode()


def test_apres_un_envoi_trop_gros_la_suite_de_la_connexion_se_lit_bien(cible):
    """Check that a request on the same connection is answered normally after a refused body.

    The program refuses a body of more than 2.5 MB.
    """
    monde = Monde()
    entetes = {"Host": "localhost", "Authorization": f"Bearer {jeton_de(monde)[1]}"}
    tuyau = http.client.HTTPConnection("127.0.0.1", cible.port, timeout=30)
    with contextlib.closing(tuyau):
        corps = b'{"intitule": "' + b"a" * 3_000_000 + b'"}'
        tuyau.request("POST", "/api/v1/offres/", corps, {**entetes, "Content-Type": "application/json"})
        refus = tuyau.getresponse()
        assert refus.status == 413 and b"trop_gros" in refus.read()
        tuyau.request("GET", "/sante/vivant/", headers={"Host": "localhost"})
        suite = tuyau.getresponse()
        assert suite.status == 200 and suite.read() == b'{"etat": "ok"}'
