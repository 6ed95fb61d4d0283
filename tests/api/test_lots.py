"""Tests of many writes in one call: order, answers, all or nothing, simulation, one effect for one key."""

import datetime as dt
import json
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from catalogue.cycle_de_vie import Operation, executer
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui
from lots.models import Lot
from organismes.droits import Role
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.api.test_fiches import ACTION as ACTION_SEULE
from tests.api.test_fiches import OFFRE as OFFRE_SEULE
from tests.api.test_fiches import session_complete
from tests.conftest import Monde

OFFRE = {nom: valeur for nom, valeur in OFFRE_SEULE.items() if nom != "identifiant"}
ACTION = {nom: valeur for nom, valeur in ACTION_SEULE.items() if nom != "identifiant"}
ICI = ["OFFRE-1", "ACTION-1"]


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def session(**valeurs: Any) -> dict[str, Any]:
    """Return the values of a complete session, without its identifier."""
    return {nom: v for nom, v in session_complete(**valeurs).items() if nom != "identifiant"}


def element(faire: str, *chemin: str, **valeurs: Any) -> dict[str, Any]:
    """Return an element that names a record by its path."""
    niveau = ("offre", "action", "session")[len(chemin) - 1]
    return {
        "faire": faire,
        "niveau": niveau,
        "chemin": list(chemin),
        **({"valeurs": valeurs} if valeurs else {}),
    }


def statuts(reponse: Any) -> list[int]:
    """Return the status of each element."""
    assert reponse.status_code in {200, 422}, reponse.lu
    return [fait["status"] for fait in reponse.lu["elements"]]


def test_de_l_offre_a_la_session_ouverte_en_un_appel(api, monde):
    elements = [
        element("creer", "NEUVE", **OFFRE, valider=True),
        element("creer", "NEUVE", "A", **ACTION, valider=True),
        *(element("creer", "NEUVE", "A", f"s{n}", **session(), valider=True) for n in range(3)),
        *(element("ouvrir", "NEUVE", "A", f"s{n}") for n in range(3)),
        element("modifier", "NEUVE", "A", "s1", garantie=False),
        element("fermer", "NEUVE", "A", "s1"),
    ]
    simulee = api("POST", "lots/?dry_run=true", {"elements": elements})
    assert simulee.lu["id"] is None and not Offre.objects.filter(identifiant="NEUVE").exists()
    faite = api("POST", "lots/", {"elements": elements})
    assert statuts(faite) == statuts(simulee) == [201] * 5 + [200] * 5, faite.lu
    for simule, fait in zip(simulee.lu["elements"], faite.lu["elements"], strict=True):
        assert {**simule, "id": None, "url": None} == {**fait, "id": None, "url": None}
    assert (faite.lu["faites"], faite.lu["etat"], faite.lu["refusees"]) == (10, "fini", 0)
    lues = {s.identifiant: (s.statut, s.ouverte, s.garantie) for s in Session.objects.all()}
    assert lues == {
        "s0": ("active", True, True), "s1": ("active", False, False), "s2": ("active", True, True),
    }  # fmt: skip
    dernier = faite.lu["elements"][8]
    assert api("GET", dernier["url"]).headers["ETag"] == faite.lu["elements"][9]["etag"]
    assert api("GET", faite.headers["Location"]).lu["faites"] == 10


def test_chacun_pour_soi_et_tout_ou_rien(api, monde):
    elements = [
        element("creer", "B1", intitule="Un"),
        element("creer", "OFFRE-1", intitule="Déjà là"),
        element("creer", "B2", intitule="x" * 600),
        element("creer", "B2", "A"),
        element("modifier", "RIEN", intitule="Absente"),
        element("ouvrir", "OFFRE-1", "ACTION-1", "absente"),
        {**element("modifier", "OFFRE-1", intitule="Dépassée"), "si_match": '"99"'},
        {**element("modifier", "B1", intitule="Deux"), "si_match": '"1"'},
        element("creer", "B3", prix=1),
    ]
    attendus = [201, 422, 422, 404, 404, 404, 412, 200, 422]
    tout = api("POST", "lots/", {"mode": "tout", "elements": elements})
    assert (tout.status_code, tout.lu["code"]) == (422, "lot_refuse")
    assert statuts(tout) == [409, *attendus[1:7], 409, 422]
    assert "Rien n'est écrit" in tout.lu["detail"] and not Offre.objects.filter(identifiant="B1").exists()
    assert not Lot.objects.exists()
    faite = api("POST", "lots/", {"elements": elements})
    assert (faite.status_code, statuts(faite)) == (200, attendus)
    assert Offre.objects.get(identifiant="B1").intitule == "Deux"
    codes = [fait["probleme"] and fait["probleme"]["code"] for fait in faite.lu["elements"]]
    assert codes == [
        None,
        "validation",
        "validation",
        *["introuvable"] * 3,
        "version_depassee",
        None,
        "validation",
    ]
    assert "élément 2 est refusé" in faite.lu["elements"][3]["probleme"]["detail"]
    assert faite.lu["elements"][6]["probleme"]["version"] == 1
    assert faite.lu["elements"][0]["a_completer"]


def test_les_memes_reponses_qu_une_requete_a_la_fois(api, monde):
    """Each element of a call is answered as the same request alone: status, problem, reasons, version."""
    monde.session("ouverte", ouverte=True)
    monde.session("fermee")
    executer(monde.session("archivee"), Operation.ARCHIVER, par=monde.gestionnaire)
    hier = (aujourd_hui() - dt.timedelta(1)).isoformat()
    chemin = "offre=OFFRE-1&action=ACTION-1&identifiant="
    cas: list[tuple[str, str, dict[str, Any]]] = [
        ("PUT", "neuve", session(valider=True)),
        ("PUT", "incomplete", {"garantie": True}),
        ("PUT", "refusee", session(garantie=None, date_debut=hier, valider=True)),
        ("PUT", "inconnu", session(contact_inscription="personne")),
        ("PUT", "type", session(garantie="oui")),
        ("PUT", "champ", session(prix=3, statut="active")),
        ("NEW", "x" * 31, session()),
        ("NEW", " ", session()),
        ("NEW", "FERMEE", session()),
        ("NEW", "nouvelle", session(valider=True)),
        ("PUT", "archivee", session()),
        ("PUT", "fermee", session(garantie=False)),
        ("PATCH", "ouverte", {"modalites_particulieres": "Le **samedi**."}),
        ("PATCH", "ouverte", {"garantie": None}),
        ("PATCH", "ouverte", {"identifiant": "autre"}),
        ("PATCH", "fermee", {"identifiant": "ouverte"}),
        ("PATCH", "fermee", {"identifiant": "renommee", "version": 1}),
        ("PATCH", "archivee", {"garantie": False}),
        ("POST", "ouverte", {"faire": "ouvrir"}),
        ("POST", "ouverte", {"faire": "fermer"}),
        ("POST", "archivee", {"faire": "desarchiver"}),
        ("POST", "fermee", {"faire": "valider"}),
        ("POST", "ouverte", {"faire": "archiver"}),
        ("DELETE", "ouverte", {}),
    ]
    for methode, nom, valeurs in cas:
        valeurs = dict(valeurs)
        faire = valeurs.pop(
            "faire",
            {"PUT": "deposer", "NEW": "creer", "PATCH": "modifier", "DELETE": "supprimer"}.get(methode),
        )
        demande = {**element(str(faire), *ICI, nom), "valeurs": valeurs}
        [fait] = api("POST", "lots/?dry_run=true", {"elements": [demande]}).lu["elements"]
        lue = Session.objects.filter(identifiant=nom).first()
        if methode == "NEW":
            corps = {**valeurs, "identifiant": nom, "action": monde.action.pk}
            seule = api("POST", "sessions/?dry_run=true", corps)
        elif methode == "PUT":
            seule = api("PUT", f"sessions/par-identifiant/?{chemin}{nom}&dry_run=true", valeurs)
        elif methode == "POST":
            seule = api("POST", f"sessions/{lue.pk}/{faire}/?dry_run=true", valeurs)
        else:
            seule = api(methode, f"sessions/{lue.pk}/?dry_run=true", valeurs or None)
        assert fait["status"] == seule.status_code, (nom, fait, seule.lu)
        if seule.status_code >= 400:
            assert fait["probleme"] == seule.lu, nom
        elif methode != "DELETE":
            for champ in ("statut", "version", "identifiant"):
                assert fait[champ] == seule.lu[champ], (nom, champ)
            manques = seule.lu["a_completer"] if seule.lu["statut"] == "brouillon" else []
            assert [m["phrase"] for m in fait["a_completer"]] == [m["phrase"] for m in manques], nom


def test_les_trois_niveaux_changent_comme_un_par_un(api, monde):
    """Offres and actions go through their own forms: what they hold afterwards is what one request makes."""
    for nom in ("U", "L"):
        assert (
            api("PUT", f"offres/par-identifiant/?identifiant={nom}", {**OFFRE, "valider": True}).status_code
            == 201
        )
        adresse = f"actions/par-identifiant/?offre={nom}&identifiant=A"
        assert api("PUT", adresse, {**ACTION, "valider": True}).status_code == 201
    changes = [
        ("offre", ("{}",), "modifier", {"intitule": "Autre", "blocs": ["RNCP1BC01"]}),
        ("offre", ("{}",), "modifier", {"certification": None}),
        ("offre", ("{}",), "deposer", {"type_offre": "bilan", "intitule": "Bilan"}),
        ("action", ("{}", "A"), "modifier", {"ht_20": "100.00", "ttc_20": "120.00", "rythmes": ["soiree"]}),
        ("action", ("{}", "A"), "modifier", {"lieu_de_formation": None, "dates_information": ["2027-05-04"]}),
        ("action", ("{}", "A"), "modifier", {"ht_20": "100.00", "ttc_20": "50.00"}),
        ("action", ("{}", "A"), "deposer", {"langue": "fr"}),
        ("action", ("{}", "A"), "archiver", {}),
        ("offre", ("{}",), "supprimer", {}),
    ]
    modeles = {"offre": Offre, "action": Action}
    ignores = {
        "id",
        "offre_id",
        "identifiant",
        "identifiant_normalise",
        "cree_le",
        "modifie_le",
        "cle_de_creation",
    }

    def photo(niveau: str, nom: str) -> dict[str, Any] | None:
        filtre = {"identifiant": nom} if niveau == "offre" else {"offre__identifiant": nom}
        lue = modeles[niveau].objects.filter(**filtre).values().first()
        return lue and {champ: v for champ, v in lue.items() if champ not in ignores}

    for niveau, chemin, faire, valeurs in changes:
        demande = element(faire, *(c.format("L") for c in chemin), **valeurs)
        [fait] = api("POST", "lots/", {"elements": [demande]}).lu["elements"]
        cle = (
            modeles[niveau]
            .objects.get(**({"identifiant": "U"} if niveau == "offre" else {"offre__identifiant": "U"}))
            .pk
        )
        suite = "" if faire in {"modifier", "deposer", "supprimer"} else f"{faire}/"
        methode = {"modifier": "PATCH", "deposer": "PUT", "supprimer": "DELETE"}.get(faire, "POST")
        seule = api(methode, f"{niveau}s/{cle}/{suite}", valeurs or None)
        assert fait["status"] == seule.status_code, (faire, valeurs, fait, seule.lu)
        assert photo(niveau, "L") == photo(niveau, "U"), (faire, valeurs)


def test_les_droits_sont_ceux_de_chaque_element(api, monde):
    monde.session("s1")
    elements = [element("modifier", *ICI, "s1", garantie=False), element("ouvrir", *ICI, "s1")]
    redacteur = Programme(jeton_de(monde, Role.REDACTEUR, "R")[1])
    faite = redacteur("POST", "lots/", {"elements": elements})
    assert statuts(faite) == [200, 403]
    assert redacteur("POST", f"lots/{faite.lu['id']}/annuler/").status_code == 403
    assert api("POST", f"lots/{faite.lu['id']}/annuler/").status_code == 200
    lecteur = Programme(jeton_de(monde, Role.LECTEUR, "L")[1])
    assert lecteur("POST", "lots/", {"elements": elements}).status_code == 403
    assert lecteur("GET", f"lots/{faite.lu['id']}/").status_code == 200
    intrus = Programme(jeton_de(Monde("Autre", "98765432100018"))[1])
    session_ = Session.objects.get()
    par_cle = [{"faire": "archiver", "niveau": "session", "id": session_.pk}]
    assert statuts(intrus("POST", "lots/", {"elements": par_cle})) == [404]
    assert statuts(intrus("POST", "lots/", {"elements": [element("archiver", *ICI, "s1")]})) == [404]
    for methode, suite in (("GET", ""), ("GET", "lignes/"), ("POST", "arreter/"), ("POST", "annuler/")):
        assert intrus(methode, f"lots/{faite.lu['id']}/{suite}").status_code == 404
    assert intrus("GET", "lots/").lu["resultats"][0]["faites"] == 0


@pytest.mark.parametrize(
    ("corps", "champ"),
    [
        ({}, "elements"),
        ({"elements": []}, "elements"),
        ({"elements": {}}, "elements"),
        ({"elements": [{}] * 20_001}, "elements"),
        ({"elements": [1]}, "elements[0]"),
        ({"mode": "rien", "elements": [element("creer", "A")]}, "mode"),
        ({"plus": 1, "elements": [element("creer", "A")]}, "plus"),
        ({"elements": [element("creer", "A"), element("voler", "A")]}, "elements[1].faire"),
        ({"elements": [element("ouvrir", "A")]}, "elements[0].faire"),
        ({"elements": [{"faire": "creer", "niveau": "offre", "id": 3}]}, "elements[0].id"),
        ({"elements": [{"faire": "modifier", "niveau": "offre"}]}, "elements[0]"),
        ({"elements": [{"faire": "modifier", "niveau": "offre", "id": None}]}, "elements[0].id"),
        ({"elements": [{**element("creer", "A", "B"), "niveau": "session"}]}, "elements[0].chemin"),
        ({"elements": [element("creer", "a\x00b")]}, "elements[0].chemin"),
        ({"elements": [{**element("creer", "A"), "valeurs": []}]}, "elements[0].valeurs"),
        ({"elements": [{**element("creer", "A"), "si_match": 1}]}, "elements[0].si_match"),
    ],
)  # fmt: skip
def test_ce_qui_est_mal_ecrit_est_refuse_avant_tout(api, corps, champ):
    refus = api("POST", "lots/", corps)
    assert (refus.status_code, refus.lu["code"]) == (422, "validation")
    assert champ in [raison["champ"] for raison in refus.lu["raisons"]], refus.lu["raisons"]


def test_le_nombre_de_requetes_ne_suit_pas_celui_des_elements(api, monde):
    def requetes(nombre: int) -> int:
        creees = [element("creer", *ICI, f"r{nombre}-{n}", **session(), valider=True) for n in range(nombre)]
        elements = [
            *creees,
            *(element("modifier", *ICI, f"r{nombre}-{n}", garantie=False) for n in range(nombre)),
            *(element("ouvrir", *ICI, f"r{nombre}-{n}") for n in range(nombre)),
        ]
        with CaptureQueriesContext(connection) as lues:
            assert api("POST", "lots/", {"elements": elements}).lu["faites"] == 3 * nombre
        return len(lues)

    requetes(1)
    assert requetes(5) == requetes(60)


@pytest.mark.django_db(transaction=True)
def test_deux_cents_envois_avec_vingt_cles_font_vingt_lots(monde):
    secret = jeton_de(monde)[1]

    def envoyer(rang: int) -> tuple[str, str]:
        cle = f"lot-{rang % 20}"
        elements = [element("creer", *ICI, f"{cle}-{n}", **session(), valider=True) for n in range(3)]
        try:
            while True:
                reponse = Programme(secret)("POST", "lots/", {"elements": elements}, idempotency_key=cle)
                if reponse.status_code == 200:
                    return cle, json.dumps(reponse.lu)
                assert reponse.lu["code"] == "cle_en_cours", reponse.lu
                time.sleep(0.05)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as fils:
        recues = set(fils.map(envoyer, range(200)))
    assert len(recues) == 20
    assert all(json.loads(lu)["faites"] == 3 for _, lu in recues)
    assert Session.objects.count() == 60 and Lot.objects.count() == 20
