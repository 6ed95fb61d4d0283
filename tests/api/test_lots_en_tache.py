"""Tests of the lots of programs that the worker does: progress, stop, all or nothing, undoing."""

from typing import Any

import pytest

from api.lots import taches
from api.tasks import executer_les_lots_des_programmes
from catalogue.cycle_de_vie import Operation, executer
from catalogue.models import Action, Offre
from lots.execution import demander, executer_lot
from lots.models import Etat, Lot
from lots.tasks import executer_les_lots
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.api.test_lots import ACTION, ICI, OFFRE, element, session
from tests.lots.monde import nouveau_lot, photo


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def deposer(api: Programme, elements: list[dict[str, Any]], **corps: Any) -> str:
    """Send a lot to be done by the worker; return its address."""
    depose = api("POST", "lots/", {"elements": elements, **corps}, prefer="wait=10, respond-async")
    assert (depose.status_code, depose.headers["Preference-Applied"]) == (202, "respond-async")
    assert depose.lu["elements"] is None and depose.lu["a_faire"] == len(elements)
    return str(depose.headers["Location"])


def test_un_lot_en_tache_avance_s_arrete_et_reprend(api, monde, monkeypatch):
    monkeypatch.setattr("lots.execution.TAILLE", 2)
    elements = [
        element("creer", *ICI, "t1", **session(), valider=True),
        element("ouvrir", *ICI, "t1"),
        element("creer", *ICI, "t2", garantie="oui"),
        element("ouvrir", *ICI, "t2"),
        element("creer", *ICI, "t3", **session(), valider=True),
    ]
    adresse = deposer(api, elements)
    # The worker of the lots of the screens leaves it.
    executer_les_lots()
    assert api("GET", adresse).lu["etat"] == "demande"
    cle = Lot.objects.get().pk
    assert taches.avancer(cle, taches._executer)
    assert {n: api("GET", adresse).lu[n] for n in ("faites", "a_faire", "etat")} == {
        "faites": 2, "a_faire": 3, "etat": "demande",
    }  # fmt: skip
    assert api("POST", f"{adresse}arreter/", {}).lu["etat"] == "arrete"
    executer_les_lots_des_programmes()
    assert not Session.objects.filter(identifiant="t3").exists()
    assert api("POST", f"{adresse}reprendre/", {}).lu["etat"] == "demande"
    executer_les_lots_des_programmes()
    fini = api("GET", adresse).lu
    assert (fini["etat"], fini["faites"], fini["refusees"], fini["a_faire"]) == ("fini", 3, 2, 0)
    lignes = api.tout(f"{adresse}lignes/?taille=2")
    assert [ligne["reponse"]["status"] for ligne in lignes] == [201, 200, 422, 404, 201]
    assert [ligne["issue"] for ligne in lignes] == ["faite", "faite", "refusee", "refusee", "faite"]
    assert lignes[2]["reponse"]["probleme"]["raisons"][0]["champ"] == "garantie" and lignes[2]["phrase"]


def test_au_dela_de_mille_elements_c_est_une_tache(api, monde, monkeypatch):
    monkeypatch.setattr("api.views.lots.TOUT_DE_SUITE", 10)
    elements = [element("creer", f"N{n}", intitule="x") for n in range(11)]
    assert api("POST", "lots/?dry_run=true", {"elements": elements}).lu["raisons"][0]["champ"] == "elements"
    depose = api("POST", "lots/", {"elements": elements})
    assert (depose.status_code, depose.lu["etat"]) == (202, "demande")
    executer_les_lots_des_programmes()
    assert api("GET", depose.headers["Location"]).lu["faites"] == 11
    assert Offre.objects.filter(identifiant__startswith="N").count() == 11


def test_tout_ou_rien_en_tache(api, monde, monkeypatch):
    monkeypatch.setattr("lots.execution.TAILLE", 2)
    monkeypatch.setattr("api.lots.taches.TAILLE", 2)
    elements = [element("creer", f"T{n}", intitule="x") for n in range(5)]
    adresse = deposer(api, [*elements, element("creer", "OFFRE-1")], mode="tout")
    executer_les_lots_des_programmes()
    fini = api("GET", adresse).lu
    assert (fini["etat"], fini["faites"], fini["refusees"]) == ("fini", 0, 6)
    codes = [ligne["reponse"]["probleme"]["code"] for ligne in api.tout(f"{adresse}lignes/")]
    assert codes == ["sans_suite"] * 5 + ["validation"]
    assert not Offre.objects.filter(identifiant__startswith="T").exists()
    adresse = deposer(api, elements, mode="tout")
    executer_les_lots_des_programmes()
    assert api("GET", adresse).lu["faites"] == 5


def test_un_jeton_revoque_ne_fait_plus_rien(api, monde):
    adresse = deposer(api, [element("creer", "R", intitule="x")])
    Lot.objects.get().jeton.revoquer(monde.gestionnaire)
    executer_les_lots_des_programmes()
    lot = Lot.objects.get()
    assert (lot.etat, lot.comptes()["refusee"]) == (Etat.FINI, 1), adresse
    assert not Offre.objects.filter(identifiant="R").exists()


def ce_qu_un_lot_fait(monde: Any) -> list[dict[str, Any]]:
    """Return elements of every kind, on records that exist and on others."""
    for nom in ("m", "f", "a", "s", "o", "r"):
        monde.session(nom, ouverte=nom in {"f", "r"})
    autre = monde.nouvelle_action("AUTRE")
    monde.session("sous", action=autre)
    executer(monde.session("d", action=autre), Operation.ARCHIVER, par=monde.gestionnaire)
    return [
        element("creer", "NEUVE", **OFFRE, valider=True),
        element("creer", "NEUVE", "A", **ACTION, valider=True),
        element("creer", "NEUVE", "A", "s", **session(), valider=True),
        element("ouvrir", "NEUVE", "A", "s"),
        element("modifier", *ICI, "m", garantie=False),
        element("modifier", *ICI, "m", identifiant="m2"),
        element("fermer", *ICI, "f"),
        element("archiver", *ICI, "a"),
        element("supprimer", *ICI, "s"),
        element("ouvrir", *ICI, "o"),
        element("modifier", "OFFRE-1", intitule="Autrement"),
        element("desarchiver", "OFFRE-1", "AUTRE", "d"),
        element("archiver", "OFFRE-1", "AUTRE"),
        element("deposer", *ICI, "nouvelle", garantie=True),
    ]


@pytest.mark.parametrize("en_tache", [False, True])
def test_annuler_remet_tout(api, monde, en_tache):
    elements = ce_qu_un_lot_fait(monde)
    avant = photo()
    if en_tache:
        adresse = deposer(api, elements)
        executer_les_lots_des_programmes()
    else:
        faite = api("POST", "lots/", {"elements": elements})
        assert not [fait["probleme"] for fait in faite.lu["elements"] if fait["probleme"]]
        adresse = faite.headers["Location"]
    assert api("GET", adresse).lu["faites"] == len(elements)
    assert photo() != avant
    annule = api("POST", f"{adresse}annuler/", {})
    assert (annule.status_code, annule.lu["etat"], annule.lu["refusees"]) == (200, "fini", 0), api.tout(
        f"lots/{annule.lu['id']}/lignes/"
    )
    apres = photo()
    assert apres.keys() == avant.keys()
    ignorees = {"ouverte_depuis", "fermee_le", "a_ete_active"}
    for cle, lue in avant.items():
        assert {n: v for n, v in apres[cle].items() if n not in ignorees} == {
            n: v for n, v in lue.items() if n not in ignorees
        }, cle
    assert api("POST", f"{adresse}annuler/", {}).lu["id"] == annule.lu["id"]
    assert api("GET", adresse).lu["annule_par"] == annule.lu["id"]
    assert api("POST", f"lots/{annule.lu['id']}/annuler/", {}).status_code == 409


def test_annuler_laisse_ce_qui_a_bouge_et_le_nomme(api, monde):
    monde.session("m")
    elements = [
        element("creer", "N", intitule="x"),
        element("creer", "N", "A", langue="fr"),
        element("creer", "P", intitule="y"),
        element("modifier", *ICI, "m", garantie=False),
    ]
    faite = api("POST", "lots/", {"elements": elements})
    api("PATCH", faite.lu["elements"][1]["url"], {"langue": "en"})
    api("PATCH", faite.lu["elements"][3]["url"], {"modalites_particulieres": "Depuis."})
    annule = api("POST", f"{faite.headers['Location']}annuler/", {}).lu
    assert (annule["faites"], annule["refusees"]) == (1, 3)
    lignes = {ligne["nom"]: ligne["phrase"] for ligne in api.tout(f"lots/{annule['id']}/lignes/")}
    assert lignes == {
        "m": "Elle a été modifiée depuis.", "A": "Elle a été modifiée depuis.", "P": "",
        "N": "Elle contient des fiches qui restent.",
    }  # fmt: skip
    assert (
        Action.objects.filter(identifiant="A").exists() and not Offre.objects.filter(identifiant="P").exists()
    )


def test_les_lots_des_ecrans_se_lisent_et_s_annulent_aussi(api, monde, connecter):
    monde.session("e1")
    lot = nouveau_lot(monde, "ouvrir", Session.objects.all())
    assert api("GET", "lots/").lu["resultats"] == []
    demander(lot)
    executer_lot(lot.pk)
    [lu] = api("GET", "lots/").lu["resultats"]
    assert (lu["operation"], lu["niveau"], lu["faites"], lu["mode"]) == ("ouvrir", "session", 1, None)
    assert api("GET", f"lots/{lot.pk}/lignes/").lu["resultats"][0]["nom"] == "e1"
    assert api("POST", f"lots/{lot.pk}/annuler/", {}).lu["faites"] == 1
    assert Session.objects.get().ouverte is False
    # The screens do not show those of programs.
    envoye = api("POST", "lots/", {"elements": [element("ouvrir", *ICI, "e1")]})
    gestionnaire = connecter(monde.gestionnaire)
    assert gestionnaire.get(f"/catalogue/lots/{envoye.lu['id']}/").status_code == 404
