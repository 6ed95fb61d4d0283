"""Tests of the webhooks of the API: as on the screens, for the token of a gestionnaire."""

import pytest

from crochets.models import Abonnement, Livraison
from crochets.ronde import livrer
from organismes.droits import Role
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.crochets.recepteur import abonner, recevoir

CORPS = {"nom": "Site", "url": "https://93.184.215.14/crochet", "evenements": ["session.ouverte"]}


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def test_d_un_bout_a_l_autre(api, monde, settings):
    cree = api("POST", "webhooks/", CORPS)
    assert cree.status_code == 201 and cree.lu["secret"].startswith("whsec_")
    adresse = cree.headers["Location"]
    lu = api("GET", adresse).lu
    assert (lu["url"], lu["actif"], "secret" in lu) == (CORPS["url"], True, False)
    assert [w["id"] for w in api.tout("webhooks/")] == [lu["id"]]
    renouvele = api("POST", f"{adresse}renouveler/", {}).lu
    assert renouvele["secret"] != cree.lu["secret"] and renouvele["ancien_secret_jusqu_a"]
    assert api("PATCH", adresse, {"actif": False, "nom": "Neuf"}).lu["arret"] == "voulu"
    refus = api("PATCH", adresse, {"url": "https://169.254.169.254/"})
    assert (refus.status_code, refus.lu["raisons"][0]["champ"]) == (422, "url")
    assert Abonnement.objects.get().url == CORPS["url"]
    settings.WEBHOOKS_LOCAUX = True
    with recevoir() as recepteur:
        assert api("PATCH", adresse, {"url": recepteur.url, "actif": True}).lu["actif"] is True
        teste = api("POST", f"{adresse}tester/", {})
        assert (teste.status_code, teste.lu["type"], teste.lu["etat"]) == (201, "test.ping", "a_envoyer")
        rejouer = f"webhooks/livraisons/{teste.lu['id']}/rejouer/"
        assert api("POST", rejouer, {}).status_code == 409
        assert livrer() == 1
        [livree] = api.tout(f"{adresse}livraisons/?etat=livree")
        assert livree["tentatives"][0]["statut"] == 200 and livree["contenu"]["type"] == "test.ping"
        assert api("POST", rejouer, {}).lu["etat"] == "a_envoyer"
    assert api("DELETE", adresse).status_code == 204
    assert api("GET", adresse).status_code == 404 and not Livraison.objects.exists()


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({**CORPS, "url": "https://[::ffff:10.0.0.1]/"}, "url"),
        ({**CORPS, "evenements": []}, "evenements"),
        ({**CORPS, "evenements": ["test.ping"]}, "evenements"),
        ({**CORPS, "evenements": "session.ouverte"}, "evenements"),
        ({**CORPS, "secret": "whsec_x"}, "secret"),
        ({**CORPS, "autre": 1}, "autre"),
        ({"nom": "Site"}, "url"),
    ],
)
def test_ce_qui_ne_va_pas_est_refuse_en_mots(api, corps, champ):
    refus = api("POST", "webhooks/", corps)
    assert refus.status_code == 422 and champ in {raison["champ"] for raison in refus.lu["raisons"]}
    assert not Abonnement.objects.exists()


def test_la_meme_adresse_deux_fois(api):
    assert [api("POST", "webhooks/", CORPS).status_code for _ in range(2)] == [201, 422]


@pytest.mark.parametrize("role", [Role.LECTEUR, Role.REDACTEUR])
def test_il_faut_le_jeton_d_un_gestionnaire(monde, role):
    abonnement = abonner(monde.organisme, CORPS["url"], "session.ouverte")
    api = Programme(jeton_de(monde, role)[1])
    for methode, adresse in (
        ("GET", "webhooks/"), ("POST", "webhooks/"), ("GET", f"webhooks/{abonnement.pk}/"),
        ("PATCH", f"webhooks/{abonnement.pk}/"), ("DELETE", f"webhooks/{abonnement.pk}/"),
        ("GET", f"webhooks/{abonnement.pk}/livraisons/"), ("POST", f"webhooks/{abonnement.pk}/tester/"),
        ("POST", f"webhooks/{abonnement.pk}/renouveler/"),
    ):  # fmt: skip
        corps = None if methode in {"GET", "DELETE"} else CORPS
        assert api(methode, adresse, corps).status_code == 403, (methode, adresse)


def test_ceux_d_un_autre_organisme_sont_introuvables(api):
    autre = Monde("Autre", "52345678900017")
    abonnement = abonner(autre.organisme, CORPS["url"], "session.ouverte")
    livraison = abonnement.essayer(autre.gestionnaire)
    assert api.tout("webhooks/") == []
    for adresse in (f"webhooks/{abonnement.pk}/", f"webhooks/{abonnement.pk}/livraisons/"):
        assert api("GET", adresse).status_code == 404
    assert api("POST", f"webhooks/livraisons/{livraison.pk}/rejouer/", {}).status_code == 404
