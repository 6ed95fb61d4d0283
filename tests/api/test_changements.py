"""Tests of the change feed in the API: its pages, its cursors, its refusals, the records that it includes."""

import base64
import datetime as dt

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalogue.cycle_de_vie import executer
from edof.horloge import maintenant
from organismes.droits import Operation, Role
from publication import fil
from publication.models import Trace
from publication.tasks import oublier_les_changements
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde, Role.LECTEUR)[1])


def test_lire_tout_puis_suivre(api, monde):
    depart = api("GET", "changements/?depuis=fin").lu
    assert depart["resultats"] == [] and depart["encore"] is False
    assert api("GET", depart["suivant"]).lu["resultats"] == []
    ecrivain = Programme(jeton_de(monde, nom="Planning")[1])
    session = monde.session("s1")
    ecrivain("POST", f"sessions/{session.pk}/ouvrir/")
    contact = {"prenom": "Nadia", "nom": "Roux", "telephone_fixe": "0149800000", "courriel": "n@ilvm.example"}
    assert ecrivain("PUT", "contacts/par-identifiant/?identifiant=ROUX", contact).status_code == 201
    page = api("GET", f"{depart['suivant']}&taille=2")
    assert page.lu["encore"] and page.headers["Link"] == f'<{page.lu["suivant"]}>; rel="next"'
    lus, suivant = page.lu["resultats"], page.lu["suivant"]
    while page.lu["encore"]:
        page = api("GET", suivant)
        lus, suivant = lus + page.lu["resultats"], page.lu["suivant"]
    assert "Link" not in page.headers
    assert [(lu["niveau"], lu["type"], lu["operation"]) for lu in lus][:1] == [
        ("session", "creation", "valider")
    ]
    assert {(lu["niveau"], lu["type"], lu["operation"]) for lu in lus[1:4]} == {
        (niveau, "operation", "ouvrir") for niveau in ("offre", "action", "session")
    }
    ouverte = next(lu for lu in lus[1:4] if lu["niveau"] == "session")
    assert ouverte["identifiants"] == {"offre": "OFFRE-1", "action": "ACTION-1", "session": "s1"}
    assert (ouverte["version"], ouverte["qui"], ouverte["origine"]) == (2, "Le jeton « Planning »", "API")
    assert api("GET", ouverte["url"]).lu["version"] == 2
    assert lus[4]["type"] == "creation" and lus[4]["identifiants"] == {"contact": "ROUX"}
    # Each change has a cursor: whoever stops in the middle goes on from there.
    assert api("GET", f"changements/?depuis={lus[2]['curseur']}").lu["resultats"] == lus[3:]


def test_avec_les_fiches(api, monde):
    depart = api("GET", "changements/?depuis=fin").lu["suivant"]
    session, disparue = monde.session("s1"), monde.session("s2")
    executer(disparue, Operation.SUPPRIMER, par=monde.gestionnaire)
    monde.organisme.raison_sociale = "Institut renommé"
    monde.organisme.save()
    lus = api("GET", f"{depart}&inclure=fiche").lu["resultats"]
    assert lus[0]["fiche"] == api("GET", "sessions/").lu["resultats"][0] and lus[0]["id"] == session.pk
    assert lus[1]["fiche"] is None and lus[1]["url"] is None and lus[2]["type"] == "suppression"
    assert lus[3]["fiche"]["raison_sociale"] == "Institut renommé"
    assert lus[3]["identifiants"] == {"organisme": monde.organisme.siret}


def test_les_curseurs_refuses(api, monde):
    autre = fil.fin(Monde("Autre", "52345678900017").organisme).curseur
    bon = fil.fin(monde.organisme)
    au_dela = fil.Place(monde.organisme.pk, bon.numero, 5, bon.instant).curseur
    for faux in ("a", "é", "%00", "MS4x", "1.2.3.4", autre, au_dela, base64.b64encode(b"\xff").decode()):
        refus = api("GET", f"changements/?depuis={faux}")
        assert refus.status_code == 400, faux
        assert refus.lu["raisons"][0]["champ"] == "depuis" and "depuis" in refus.lu["detail"], faux
    for faux in ("taille=0", "taille=1001", "inclure=rien", "depuis=", "page=2"):
        assert api("GET", f"changements/?{faux}").status_code == 400, faux
    monde.session("s1")
    fil.fin(monde.organisme)
    Trace.objects.update(instant=maintenant() - fil.GARDEES - dt.timedelta(1))
    oublier_les_changements()
    perime = api("GET", f"changements/?depuis={bon.curseur}")
    assert perime.status_code == 410 and perime.lu["code"] == "curseur_perime"
    assert "repartez d'une lecture complète" in perime.lu["detail"]


def test_rien_de_neuf_ne_coute_rien(api, monde):
    depart = api("GET", "changements/?depuis=fin")
    adresse, etiquette = depart.lu["suivant"], depart.headers["ETag"]
    vide = api("GET", adresse, if_none_match=etiquette)
    assert (vide.status_code, vide.content) == (304, b"")
    monde.session("s1")
    assert api("GET", adresse, if_none_match=etiquette).status_code == 200
    assert api("HEAD", adresse).status_code == 200


def test_le_nombre_de_requetes_est_constant(api, monde):
    adresse = api("GET", "changements/?depuis=fin").lu["suivant"] + "&inclure=fiche&taille=1000"

    def requetes() -> int:
        with CaptureQueriesContext(
            connection,
        ) as lues:
            assert api("GET", adresse).lu["resultats"]
        return len(lues)

    monde.session("s1", ouverte=True)
    executer(monde.session("partie"), Operation.SUPPRIMER, par=monde.gestionnaire)
    requetes()
    peu = requetes()
    for n in range(12):
        monde.session(f"t{n}", action=monde.nouvelle_action(f"A{n}"), ouverte=True)
    requetes()
    assert requetes() == peu < 25


@pytest.mark.django_db
def test_sans_jeton_personne_ne_suit(client):
    assert client.get(reverse("api_changements")).status_code == 401
