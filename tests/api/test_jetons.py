"""Tests of « Jetons d'API ».

A gestionnaire creates a token, which is shown once, and revokes it. The tests also cover the permissions, the
rate limit and the history.
"""

import datetime as dt
import re

import pytest
from django.db import connection

from catalogue.cycle_de_vie import Operation, executer
from catalogue.historique import Historique
from catalogue.models import Suppression
from edof.horloge import aujourd_hui
from organismes.models import Jeton
from organismes.models.jeton import empreinte
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.api.test_fiches import OFFRE
from tests.attaques import ligne_verrouillee
from tests.conftest import Monde


def remplir(client, **valeurs):
    page = client.get("/jetons/creer/").content.decode()
    return {
        "nom": "Planning",
        "role": "redacteur",
        "expire_le": "",
        "cle": re.search(r'name="cle" value="([^"]+)"', page)[1],
        **valeurs,
    }


def secret_de(reponse):
    return re.search(r'value="(edof_[0-9a-f]{64})"', reponse.content.decode())[1]


def test_cree_montre_une_fois_utilise_revoque(connecter, monde):
    client = connecter(monde.gestionnaire)
    assert "Aucun jeton n'est en service" in client.get("/jetons/").content.decode().replace("&#x27;", "'")
    saisie = remplir(client)
    cree = client.post("/jetons/creer/", saisie)
    secret, jeton = secret_de(cree), Jeton.objects.get()
    assert cree.status_code == 201 and cree.headers["Cache-Control"] == "no-store"
    assert (jeton.role, jeton.cree_par, jeton.empreinte) == (
        "redacteur",
        monde.gestionnaire,
        empreinte(secret),
    )
    # The secret is not stored, and not shown anywhere else. The same form sent twice creates one token.
    assert not [v for v in Jeton.objects.values().get().values() if secret in str(v)]
    assert (
        secret not in client.get("/jetons/").content.decode()
        and secret[:11] in client.get("/jetons/").content.decode()
    )
    assert secret_de(client.post("/jetons/creer/", saisie)) == secret and Jeton.objects.count() == 1
    api = Programme(secret)
    assert api("GET", "organismes/").lu["resultats"][0]["id"] == monde.organisme.pk
    jeton.refresh_from_db()
    assert jeton.dernier_usage_le is not None
    assert (
        client.get(f"/jetons/{jeton.pk}/revoquer/").status_code == 200
        and api("GET", "offres/").status_code == 200
    )
    assert client.post(f"/jetons/{jeton.pk}/revoquer/").status_code == 302
    refus = api("GET", "offres/")
    assert (refus.status_code, refus.lu["code"], refus.headers["WWW-Authenticate"]) == (
        401,
        "jeton_refuse",
        "Bearer",
    )
    assert "révoqué" in client.get("/jetons/").content.decode()
    assert (
        client.post(f"/jetons/{jeton.pk}/revoquer/").status_code
        == client.get(f"/jetons/{jeton.pk}/revoquer/").status_code
        == 302
    )


@pytest.mark.django_db(transaction=True)
def test_noter_l_usage_n_attend_personne():
    """Check that a token used for the first time by several requests at once makes none of them wait."""
    jeton, secret = jeton_de(Monde())
    with connection.cursor() as curseur:
        curseur.execute("SET lock_timeout = '1s'")
    with ligne_verrouillee(Jeton._meta.db_table, jeton.pk):
        assert Programme(secret)("GET", "organismes/").status_code == 200
    assert Programme(secret)("GET", "organismes/").status_code == 200
    jeton.refresh_from_db()
    assert jeton.dernier_usage_le is not None


@pytest.mark.parametrize("valeurs, phrase", [
    ({"nom": ""}, "Ce champ est obligatoire."), ({"nom": "planning"}, "Un autre jeton porte déjà ce nom"),
    ({"role": "roi"}, "Sélectionnez un choix valide"), ({"expire_le": "01/01/2020"}, "Cette date est passée"),
    ({"expire_le": "demain"}, "Cette date n'est pas lisible"), ({"nom": "a\x00b"}, "caract"),
    ({"nom": "x" * 61}, "60 caractères"),
    ({"cle": "1"}, "Rechargez la page"),
])  # fmt: skip
def test_ce_que_le_formulaire_refuse(connecter, monde, valeurs, phrase):
    client = connecter(monde.gestionnaire)
    jeton_de(monde)
    reponse = client.post("/jetons/creer/", remplir(client, **{"nom": "Autre", **valeurs}))
    assert reponse.status_code == 422 and phrase in reponse.content.decode().replace("&#x27;", "'")
    assert Jeton.objects.count() == 1


def test_un_jeton_d_un_autre_organisme_est_introuvable(connecter, monde):
    autre = jeton_de(Monde("Autre", "52345678900017"))[0]
    assert connecter(monde.gestionnaire).post(f"/jetons/{autre.pk}/revoquer/").status_code == 404
    autre.refresh_from_db()
    assert autre.revoque_le is None


@pytest.mark.parametrize(
    "entete", ["", "Bearer", "Bearer x", "Bearer a b", "Basic eDp5", "Bearer \xe9", "bearer edof_" + "0" * 64]
)
def test_sans_jeton_qui_ouvre(monde, entete):
    api = Programme(None)
    api.entetes = {"HTTP_AUTHORIZATION": entete} if entete else {}
    refus = api("GET", "offres/")
    assert refus.status_code == 401 and refus.lu["code"] == ("jeton_refuse" if entete else "jeton_absent")
    bien_ecrit = len(entete.split()) == 2 and entete.lower().startswith("bearer ")
    assert ("Bearer edof_" in refus.lu["detail"]) is (bool(entete) and not bien_ecrit)


def test_expire_apres_son_dernier_jour(monde):
    jeton, secret = jeton_de(monde, expire_le=aujourd_hui())
    assert Programme(secret)("GET", "offres/").status_code == 200
    Jeton.objects.update(expire_le=aujourd_hui() - dt.timedelta(1))
    assert Programme(secret)("GET", "offres/").status_code == 401


def test_la_session_du_navigateur_n_ouvre_pas_l_api(connecter, monde):
    assert connecter(monde.gestionnaire).get("/api/v1/offres/").status_code == 401


def test_l_historique_nomme_le_jeton(connecter, monde):
    api = Programme(jeton_de(monde, nom="Planning du matin")[1])
    offre = api("POST", "offres/", OFFRE).lu
    api("PATCH", f"offres/{offre['id']}/", {"intitule": "Autre"})
    entrees = api("GET", f"offres/{offre['id']}/historique/").lu["resultats"]
    assert [(e["qui"], e["origine"], e["operation"]) for e in entrees] == [
        ("Le jeton « Planning du matin »", "API", "Modifier"),
        ("Le jeton « Planning du matin »", "API", "Création"),
    ]  # fmt: skip
    assert entrees[0]["changements"] == [
        {"libelle": "Intitulé de la formation", "avant": "Logistique", "apres": "Autre"}
    ]
    page = connecter(monde.gestionnaire).get(f"/catalogue/offres/{offre['id']}/historique/").content.decode()
    assert "Le jeton « Planning du matin »" in page.replace("\xa0", " ")
    api("DELETE", f"offres/{offre['id']}/")
    suppression = Suppression.objects.get()
    assert (suppression.supprimee_par, suppression.auteur) == (None, "le jeton « Planning du matin »")
    assert "par le jeton" in connecter(monde.gestionnaire).get("/catalogue/corbeille/").content.decode()


def test_ce_qu_un_jeton_ecrit_se_reunit_avec_ce_qu_une_personne_ecrit(monde):
    session = monde.session()
    api = Programme(jeton_de(monde)[1])
    api("PATCH", f"sessions/{session.pk}/", {"modalites_particulieres": "Le samedi"})
    executer(
        Session.objects.get(pk=session.pk),
        Operation.MODIFIER,
        par=monde.gestionnaire,
        valeurs={"garantie": False},
        version=1,
    )
    vivante = Session.objects.get(pk=session.pk)
    assert (vivante.modalites_particulieres, vivante.garantie) == ("Le samedi", False)
    qui = [entree.qui for entree in Historique(vivante)[0:5]]
    assert qui == [monde.gestionnaire.nom_complet, "Le jeton « Planning »", monde.gestionnaire.nom_complet]
