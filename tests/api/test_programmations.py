"""Tests of the planned openings and closings through the API (D-46)."""

import datetime as dt

import pytest

from edof.horloge import aujourd_hui
from organismes.droits import Operation, Role
from sessions_app.models import Programmation
from sessions_app.programmation import programmer
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde

pytestmark = [pytest.mark.django_db, pytest.mark.exigence("D-46")]


def dans(jours: int) -> str:
    return (aujourd_hui() + dt.timedelta(days=jours)).isoformat()


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def test_programmer_lire_changer_annuler(api, monde):
    adresse = f"sessions/{monde.session().pk}/"
    plans = f"{adresse}programmations/"
    assert api("POST", f"{plans}?dry_run=true", {"operation": "ouvrir", "jour": dans(4)}).status_code == 201
    assert api("GET", plans).lu == {"programmations": []}
    creee = api("POST", plans, {"operation": "ouvrir", "jour": dans(4)})
    (lue,) = creee.lu["programmations"]
    assert creee.status_code == 201 and api("GET", adresse).lu["programmations"] == [lue]
    assert {nom: lue[nom] for nom in ("operation", "jour", "visible_le", "etat", "raison", "par")} == {
        "operation": "ouvrir", "jour": dans(4), "visible_le": dans(5), "etat": "prevue", "raison": "",
        "par": "le jeton « Planning »",
    }  # fmt: skip
    assert api("POST", plans, {"operation": "ouvrir", "jour": dans(4)}).status_code == 200
    assert api("POST", plans, {"operation": "ouvrir", "jour": dans(6)}).status_code == 201
    api("POST", plans, {"operation": "fermer", "jour": dans(9)})
    assert [plan["jour"] for plan in api("GET", plans).lu["programmations"]] == [dans(6), dans(9)]
    restantes = api("DELETE", f"{plans}?operation=ouvrir").lu["programmations"]
    assert [plan["operation"] for plan in restantes] == ["fermer"]
    assert api("DELETE", plans).lu == {"programmations": []} == api("DELETE", plans).lu


@pytest.mark.parametrize(
    ("corps", "statut", "champs"),
    [
        ({}, 422, ["operation", "jour"]),
        ({"operation": "archiver", "jour": "2030-01-01"}, 422, ["operation"]),
        ({"operation": "ouvrir", "jour": "01/01/2030"}, 422, ["jour"]),
        ({"operation": "ouvrir", "jour": "2030-02-30"}, 422, ["jour"]),
        ({"operation": "ouvrir", "jour": None}, 422, ["jour"]),
        ({"operation": 1, "jour": "2030-01-01", "par": "x"}, 422, ["operation", "par"]),
        ({"operation": "ouvrir", "jour": "2020-01-01"}, 422, ["jour"]),
        ({"operation": "fermer", "jour": dans(3)}, 409, [None]),
    ],
)
def test_ce_qui_est_refuse(api, monde, corps, statut, champs):
    refusee = api("POST", f"sessions/{monde.session().pk}/programmations/", corps)
    assert (refusee.status_code, [r["champ"] for r in refusee.lu["raisons"]]) == (statut, champs)
    assert not Programmation.objects.exists()


def test_droits_versions_et_parametres(api, monde):
    session = monde.session()
    plans, corps = f"sessions/{session.pk}/programmations/", {"operation": "ouvrir", "jour": dans(4)}
    redacteur = Programme(jeton_de(monde, Role.REDACTEUR)[1])
    assert redacteur("POST", plans, corps).status_code == redacteur("DELETE", plans).status_code == 403
    assert redacteur("GET", plans).status_code == 200
    autre = Programme(jeton_de(Monde("Autre", "52345678900017"))[1])
    assert autre("GET", plans).status_code == autre("POST", plans, corps).status_code == 404
    assert api("POST", plans, corps, if_match='"9"').status_code == 412
    assert api("POST", plans, corps, if_match=f'"{session.version}"').status_code == 201
    assert api("DELETE", f"{plans}?operation=archiver").status_code == 400


def test_modifier_la_session_annule_et_le_dit(api, monde):
    session = monde.session()
    programmer([session], Operation.OUVRIR, aujourd_hui() + dt.timedelta(4), monde.gestionnaire)
    modifiee = api("PATCH", f"sessions/{session.pk}/", {"garantie": False}).lu
    assert modifiee["programmations"] == []
    assert [phrase for phrase in modifiee["avertissements"] if phrase.endswith("elle est annulée.")]
