"""Tests of the series through the API: the rule of the page, its preview, its creation, its undoing."""

import datetime as dt

import pytest

from edof.horloge import aujourd_hui
from lots.models import Lot
from organismes.droits import Role
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de

AN = aujourd_hui().year + 1
REGLE = {
    "rythme": "semaines", "jours": [0, 3], "du": f"{AN}-03-01", "nombre": 6, "duree": 2, "modele": "S{N:02}",
    "vacances": False,
}  # fmt: skip


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def test_une_serie_se_montre_se_cree_et_s_annule(api, monde):
    monde.session("modele")
    adresse, regle = f"actions/{monde.action.pk}/series/", {**REGLE, "reprendre": "modele"}
    apercu = api("POST", f"{adresse}?dry_run=true", regle)
    assert (apercu.status_code, apercu.lu["creees"], apercu.lu["serie"]) == (200, 6, None)
    assert Session.objects.count() == 1 and not Lot.objects.exists()
    creee = api("POST", adresse, regle, idempotency_key="s")
    assert creee.status_code == 201, creee.lu
    assert api("POST", adresse, regle, idempotency_key="s").content == creee.content
    for montree, faite in zip(apercu.lu["sessions"], creee.lu["sessions"], strict=True):
        assert {**montree, "id": None} == {**faite, "id": None}
    sessions = Session.objects.filter(serie=creee.lu["serie"]).order_by("date_debut")
    assert [s.pk for s in sessions] == [s["id"] for s in creee.lu["sessions"]]
    assert {s.identifiant for s in sessions} == {f"S{n:02}" for n in range(1, 7)}
    assert {s.statut for s in sessions} == {"validee"}
    assert all(s.date_debut.weekday() in {0, 3} for s in sessions)
    annule = api("POST", f"lots/{creee.lu['lot']}/annuler/", {}).lu
    assert (annule["etat"], annule["faites"]) == ("fini", 6)
    assert Session.objects.get().identifiant == "modele"


def test_des_dates_et_ce_qui_est_exclu(api, monde):
    lundi = dt.date(AN, 3, 1) + dt.timedelta((7 - dt.date(AN, 3, 1).weekday()) % 7)
    dates = [(lundi + dt.timedelta(weeks=n)).isoformat() for n in range(4)]
    regle = {
        "rythme": "dates", "dates": dates, "duree": 1, "unite": "calendaires", "modele": "D{N}",
        "vacances": False, "feries": False, "exclues": [dates[1], f"{dates[2]}/{dates[3]}"],
    }  # fmt: skip
    lue = api("POST", f"actions/{monde.action.pk}/series/?dry_run=true", regle).lu
    assert [bool(s["passee"]) for s in lue["sessions"]] == [False, True, True, True], lue
    gardees = {**regle, "exclues_debut": "suivant"}
    lue = api("POST", f"actions/{monde.action.pk}/series/?dry_run=true", gardees).lu
    assert lue["sessions"][1]["date_debut"] == (lundi + dt.timedelta(8)).isoformat()


@pytest.mark.parametrize(
    ("changes", "champ", "code"),
    [
        ({"rythme": "jours"}, "rythme", "type"),
        ({"jours": ["0"]}, "jours", "type"),
        ({"jours": []}, "jours", "refuse"),
        ({"nombre": 201}, "nombre", "type"),
        ({"nombre": "6"}, "nombre", "type"),
        ({"du": "01/03/2027"}, "du", "type"),
        ({"du": "1027-03-01"}, "du", "refuse"),
        ({"feries": "true"}, "feries", "type"),
        ({"exclues": ["demain"]}, "exclues", "type"),
        ({"exclues": ["01/03/2027"]}, "exclues", "type"),
        ({"reprendre": "inconnue"}, "reprendre", "invalid_choice"),
        ({"modele": "pris"}, "sessions[0].identifiant", "pris"),
        ({"prix": 3}, "prix", "champ_inconnu"),
    ],
)  # fmt: skip
def test_ce_qui_ne_va_pas_est_dit_sur_son_champ(api, monde, changes, champ, code):
    monde.session("pris")
    refus = api("POST", f"actions/{monde.action.pk}/series/", {**REGLE, **changes})
    assert (refus.status_code, refus.lu["code"]) == (422, "validation"), refus.lu
    assert (champ, code) in [(r["champ"], r["code"]) for r in refus.lu["raisons"]], refus.lu["raisons"]
    assert Session.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "phrase"),
    [
        ({"nombre": 201}, "Écrivez un nombre entier, de 1 à 200."),
        ({"rythme": "annuel"}, "Écrivez l'un de : semaines, mois, dates."),
        ({"jours": ["lundi"]}, "chacune étant un nombre entier, de 0 à 6."),
        ({"exclues": ["01/03/2027"]}, "« 01/03/2027 » : écrivez un jour AAAA-MM-JJ, ou une période"),
        ({"reprendre": "inconnue"}, "écrivez l'identifiant d'une session de cette action."),
    ],
)
def test_un_refus_dit_ce_qui_convient(api, monde, changes, phrase):
    refus = api("POST", f"actions/{monde.action.pk}/series/", {**REGLE, **changes})
    assert phrase in refus.lu["detail"], refus.lu


def test_la_regle_se_relit_sans_balise(api, monde):
    lue = api("POST", f"actions/{monde.action.pk}/series/?dry_run=true", REGLE).lu
    assert lue["phrase"] and "<" not in lue["phrase"] and "&" not in lue["phrase"], lue["phrase"]


def test_les_droits_et_l_etat(api, monde):
    lecteur = Programme(jeton_de(monde, Role.LECTEUR, "L")[1])
    adresse = f"actions/{monde.action.pk}/series/"
    assert lecteur("POST", adresse, REGLE).status_code == 403
    assert api("POST", "actions/999999/series/", REGLE).status_code == 404
    assert api("POST", f"actions/{monde.action.pk}/archiver/").status_code == 200
    refus = api("POST", adresse, REGLE)
    assert (refus.status_code, refus.lu["code"]) == (409, "operation_refusee")
