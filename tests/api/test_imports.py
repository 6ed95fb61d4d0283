"""Tests of the imports of the API: planned, read line by line, applied, undone, refused in words."""

import json
from typing import Any

import pytest

from catalogue.models import Offre
from echanges.models import Import
from organismes.droits import Role
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.conftest import Monde
from tests.echanges.monde import FICHIERS, LE_JOUR, MondeDesFichiers

CSV = "Action;Session;Du;Au;Garantie\n88A-79-78490-XX;S1;01/02/2027;05/02/2027;oui\n;S2;31/02/2027;;oui\n"


@pytest.fixture
def monde(db, settings):
    settings.EDOF_AUJOURDHUI = LE_JOUR
    return MondeDesFichiers()


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def deposer(
    api: Programme, corps: str | bytes, type_: str = "text/csv", suite: str = "", **entetes: str
) -> Any:
    """Send a file; return the response, with its decoded JSON in `.lu`."""
    octets = corps.encode() if isinstance(corps, str) else corps
    noms = {f"HTTP_{nom.upper()}": valeur for nom, valeur in entetes.items()}
    reponse = api.client.generic(
        "POST", f"/api/v1/imports/{suite}", octets, content_type=type_, **api.entetes, **noms
    )
    reponse.lu = json.loads(reponse.content)
    return reponse


def test_un_fichier_est_planifie_applique_et_annule(api, monde):
    depose = deposer(api, CSV, suite="?nom=planning.csv")
    assert depose.status_code == 201, depose.lu
    assert depose.lu["plan"] == {
        "creations": 1, "modifications": 0, "inchangees": 0, "erreurs": 1, "ignorees": 0,
    }  # fmt: skip
    assert (depose.lu["nom"], depose.lu["etat"], depose.lu["lignes"]) == ("planning.csv", "planifie", None)
    adresse = depose.headers["Location"]
    [fautive] = api("GET", f"{adresse}lignes/?decision=erreur").lu["resultats"]
    assert (fautive["ligne"], fautive["issue"]) == (3, "")
    assert any("31" in a["valeur"] and a["phrase"] for a in fautive["anomalies"])
    assert not Session.objects.exists()
    assert api("POST", f"{adresse}appliquer/", {"mode": "tout"}).lu["etat"] in {"planifie", "applique"}
    if not Session.objects.exists():
        assert api("POST", f"{adresse}appliquer/", {}).lu["bilan"]["creees"] == 1
    assert Session.objects.get().identifiant == "S1"
    encore = deposer(api, CSV)
    assert encore.lu["deja_applique_le"] and encore.lu["plan"]["inchangees"] == 1
    refuse = api("POST", f"{adresse}appliquer/", {})
    assert (refuse.status_code, refuse.lu["code"]) == (409, "operation_refusee")
    assert api("POST", f"{adresse}annuler/", {}).lu["etat"] == "annule"
    assert not Session.objects.exists()


def test_une_simulation_dit_tout_et_ne_garde_rien(api):
    simulee = deposer(api, CSV, suite="?dry_run=true")
    assert simulee.status_code == 201 and simulee.lu["id"] is None
    assert [ligne["decision"] for ligne in simulee.lu["lignes"]] == ["creation", "erreur"]
    assert "Location" not in simulee.headers
    assert not Import.objects.exists()


def test_des_lignes_json_et_une_cle_d_idempotence(api, monde):
    lignes = [
        {"niveau": "offre", "chemin": ["PAR-API"], "valeurs": {"intitule": "Par programme"}},
        {
            "niveau": "session", "chemin": ["", "88A-79-78490-XX", "J1"], "demande": "ouvrir",
            "valeurs": {"date_debut": "2027-02-01", "date_fin": "2027-02-05", "garantie": True},
        },
    ]  # fmt: skip
    corps = "\n".join(json.dumps(ligne) for ligne in lignes)
    recues = [deposer(api, corps, "application/x-ndjson", idempotency_key="i") for _ in range(2)]
    assert recues[0].content == recues[1].content and Import.objects.count() == 1
    assert recues[0].lu["format"] == "jsonl" and recues[0].lu["plan"]["creations"] == 2
    faite = api("POST", f"{recues[0].headers['Location']}appliquer/", {})
    assert faite.lu["bilan"]["creees"] == 2, faite.lu
    assert Offre.objects.get(identifiant="PAR-API").intitule == "Par programme"
    assert Session.objects.get(identifiant="J1").ouverte is False


@pytest.mark.parametrize(
    ("corps", "type_", "statut", "mot"),
    [
        (b"", "text/csv", 422, "vide"),
        (b"%PDF-1.7", "application/octet-stream", 422, "PDF"),
        (b'{"niveau": "session"}', "application/x-ndjson", 422, "Ligne 1"),
        (b'{"niveau": "offre", "chemin": ["A"], "prix": 1}', "application/x-ndjson", 422, "prix"),
        (
            b'{"niveau": "offre", "chemin": ["A"], "valeurs": {"intitule": {"a": 1}}}',
            "text/csv",
            422,
            "intitule",
        ),
        (b"<!DOCTYPE lheo [<!ENTITY a 'b'>]><lheo/>", "application/xml", 422, ""),
        (b"{}", "application/json", 415, "fichier"),
        (b"a;b", "image/png", 415, ""),
    ],
)
def test_ce_qui_ne_se_lit_pas_est_refuse_en_mots(api, corps, type_, statut, mot):
    refus = deposer(api, corps, type_)
    assert refus.status_code == statut, refus.lu
    assert mot in refus.lu["detail"]
    assert not Import.objects.exists()


def test_les_droits_et_l_organisme_de_chacun(api, monde):
    classeur = (FICHIERS / "04-planning-reel.xlsx").read_bytes()
    depose = deposer(api, classeur, "application/octet-stream")
    assert depose.status_code == 201 and depose.lu["plan"]["creations"] == 7
    lecteur = Programme(jeton_de(monde, Role.LECTEUR, nom="L")[1])
    assert deposer(lecteur, CSV).status_code == 403
    adresse = f"imports/{depose.lu['id']}/"
    assert lecteur("GET", adresse).status_code == 200
    assert lecteur("POST", f"{adresse}appliquer/", {}).status_code == 403
    intrus = Programme(jeton_de(Monde("Autre", "98765432100018"))[1])
    for methode, suite in (("GET", ""), ("GET", "lignes/"), ("POST", "appliquer/"), ("POST", "annuler/")):
        corps = {} if methode == "POST" else None
        assert intrus(methode, f"{adresse}{suite}", corps).status_code == 404
    assert intrus("GET", "imports/").lu["resultats"] == []
    assert deposer(api, CSV, suite="?action=INCONNUE").status_code == 400


@pytest.mark.parametrize(
    ("corps", "phrase"),
    [
        (b'[{"niveau": "offre", "chemin": ["A"]}]', "sans crochets autour"),
        (b'[\n  {"niveau": "offre"}\n]', "Ligne 1 : ce n'est pas un objet JSON"),
        (b'{\n  "niveau": "offre"\n}', "chaque fiche tient sur sa ligne"),
        (b'{"niveau": "offre"}', "`chemin` est une liste : l'identifiant, seul, de la fiche"),
        (b'{"niveau": "session", "chemin": ["A"]}', "les 3 identifiants qui mènent à la fiche"),
    ],
)
def test_du_json_qui_n_est_pas_en_lignes_est_refuse_comme_du_json(api, corps, phrase):
    assert phrase in deposer(api, corps, "application/x-ndjson").lu["detail"]


def test_un_fichier_d_un_autre_type_dit_ceux_qui_conviennent(api):
    for type_ in ("application/pdf", "multipart/form-data; boundary=x", "application/json"):
        lu = deposer(api, b'{"a": 1}', type_).lu
        assert lu["code"] == "type_de_contenu" and "text/csv" in lu["detail"], lu
