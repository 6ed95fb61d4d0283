"""The sandbox, by a program."""

from types import SimpleNamespace

import pytest

from edof.horloge import aujourd_hui, demain
from organismes.droits import Role
from organismes.models import BacASable
from publication.bac_a_sable import creer
from tests.api.client import Programme, jeton_de


@pytest.fixture
def bac(monde) -> BacASable:
    return creer(monde.gestionnaire)


def programme(bac: BacASable, role: str = Role.GESTIONNAIRE, **champs) -> Programme:
    monde = SimpleNamespace(organisme=bac.organisme, gestionnaire=bac.proprietaire)
    return Programme(jeton_de(monde, role, **champs)[1])


def test_j_plus_un_tout_de_suite(bac):
    p = programme(bac)
    lu = p("GET", "bac-a-sable/").lu
    assert lu == {
        "organisme": bac.organisme_id, "jour": aujourd_hui().isoformat(), "jours_d_avance": 0, "reste": 366,
    }  # fmt: skip
    cle = p("GET", "sessions/").lu["resultats"][0]["id"]
    curseur = p("GET", "changements/?depuis=fin").lu["curseur"]
    depuis = p("GET", "sessions/").lu["reprendre_depuis"]
    assert p("POST", f"sessions/{cle}/ouvrir/").status_code == 200
    assert p("GET", f"sessions/{cle}/").lu["visible"] is False
    assert p("POST", "bac-a-sable/avancer/", {}).lu["jour"] == demain().isoformat()
    session = p("GET", f"sessions/{cle}/").lu
    assert session["visible"] is True
    faits = [fait["type"] for fait in p("GET", f"changements/?depuis={curseur}").lu["resultats"]]
    assert faits[-1] == "parution.parue"
    assert [
        s["id"] for s in p("GET", f"sessions/?modifie_depuis={depuis}".replace("+", "%2B")).lu["resultats"]
    ]
    jours = [passage["jour"] for passage in p("GET", "publications/").lu["resultats"]]
    assert sorted(jours) == [aujourd_hui().isoformat(), demain().isoformat()]
    # The program reads what the public reads: nothing of it.
    assert p("GET", "formations/").lu["resultats"] == []
    assert p("GET", f"formations/{session['action']}/").status_code == 404


def test_la_meme_demande_n_avance_qu_une_fois(bac):
    p = programme(bac)
    for _ in range(2):
        reponse = p("POST", "bac-a-sable/avancer/", {"jours": 2}, idempotency_key="cle")
        assert reponse.lu["jours_d_avance"] == 2
    assert BacASable.objects.get().jours_d_avance == 2


@pytest.mark.parametrize("jours", [0, 32, -1, "1", True, None])
def test_un_nombre_de_jours_qui_ne_va_pas(bac, jours):
    reponse = programme(bac)("POST", "bac-a-sable/avancer/", {"jours": jours})
    assert reponse.status_code == 422 and reponse.lu["raisons"][0]["champ"] == "jours"


def test_un_jeton_finit_par_le_calendrier_de_tous(bac):
    p = programme(bac, expire_le=demain())
    assert p("POST", "bac-a-sable/avancer/", {"jours": 10}).status_code == 200
    cle = p("GET", "sessions/").lu["resultats"][0]["id"]
    assert p("POST", f"sessions/{cle}/ouvrir/").status_code == 200


def test_qui_peut_avancer(bac, monde):
    lecteur = programme(bac, Role.LECTEUR)
    assert lecteur("GET", "bac-a-sable/").status_code == 200
    assert lecteur("POST", "bac-a-sable/avancer/", {}).status_code == 403
    assert programme(bac, Role.REDACTEUR)("POST", "bac-a-sable/avancer/", {}).status_code == 200
    ailleurs = Programme(jeton_de(monde)[1])
    assert ailleurs("GET", "bac-a-sable/").status_code == 404
    assert ailleurs("POST", "bac-a-sable/avancer/", {}).status_code == 404
    BacASable.objects.update(jours_d_avance=366)
    refus = programme(bac)("POST", "bac-a-sable/avancer/", {})
    assert refus.status_code == 409 and "366 jours au plus" in refus.lu["raisons"][0]["phrase"]
