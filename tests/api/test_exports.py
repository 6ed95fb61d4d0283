"""Tests of the exports of the API: each type of file, what is refused."""

import pytest

from tests.api.client import jeton_de
from tests.conftest import Monde


@pytest.mark.parametrize(
    ("type_", "type_de_contenu", "debut"),
    [
        ("edof-xml", "application/xml", b"<?xml"),
        ("csv", "text/csv; charset=utf-8", b"\xef\xbb\xbfOffre;Action"),
        ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", b"PK"),
        ("archive", "application/zip", b"PK"),
    ],
)
def test_chaque_type(client, monde, type_, type_de_contenu, debut):
    monde.session("s1")
    entetes = {"Authorization": f"Bearer {jeton_de(monde)[1]}"}
    reponse = client.get("/api/v1/exports/", {"type": type_}, headers=entetes)
    assert (reponse.status_code, reponse.headers["Content-Type"]) == (200, type_de_contenu)
    assert monde.organisme.siret in reponse.headers["Content-Disposition"]
    assert b"".join(reponse).startswith(debut)


@pytest.mark.parametrize(
    "demande",
    [
        {},
        {"type": "pdf"},
        {"type": "csv", "niveau": "membre"},
        # What is asked and cannot be used is not ignored.
        {"type": "edof-xml", "niveau": "offre"},
    ],
)
def test_ce_qui_est_refuse(client, monde, demande):
    entetes = {"Authorization": f"Bearer {jeton_de(monde)[1]}"}
    reponse = client.get("/api/v1/exports/", demande, headers=entetes)
    assert reponse.status_code == 400
    assert reponse.json()["code"] == "parametre_invalide"


def test_un_jeton_n_emporte_que_son_organisme(client, monde):
    autre = Monde("Autre", "52345678900017")
    autre.session("chez-l-autre")
    entetes = {"Authorization": f"Bearer {jeton_de(monde)[1]}"}
    reponse = client.get("/api/v1/exports/", {"type": "csv"}, headers=entetes)
    assert b"chez-l-autre" not in b"".join(reponse)
