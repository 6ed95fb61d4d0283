"""Tests that the form and the API refuse the same values with the same error messages."""

import datetime as dt
import html

import pytest
from django.contrib.messages import get_messages

from catalogue.cycle_de_vie import Operation, executer
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui
from organismes.models import Contact
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de
from tests.api.test_fiches import ACTION as ACTION_JSON
from tests.api.test_fiches import OFFRE as OFFRE_JSON
from tests.api.test_fiches import session_complete
from tests.bureau.test_assistant import saisie
from tests.bureau.test_assistant import url as sessions
from tests.catalogue.test_formulaires import OFFRES, action, actions, envoyer, offre

HIER, DEMAIN = aujourd_hui() - dt.timedelta(1), aujourd_hui() + dt.timedelta(1)
TROP = "x" * 3001
# (level, values typed in the form, values sent to the API, field in error).
CAS = [
    ("offre", {"intitule": ""}, {"intitule": ""}, "intitule"),
    ("offre", {"objectif": TROP}, {"objectif": TROP}, "objectif"),
    ("offre", {"points_forts": "a\x01b"}, {"points_forts": "a\x01b"}, "points_forts"),
    ("offre", {"type_offre": "elu"}, {"type_offre": "elu"}, "certification"),
    ("offre", {"certification": "999999"}, {"certification": "RNCP999999"}, "certification"),
    ("offre", {"type_parcours": "rien"}, {"type_parcours": "rien"}, "type_parcours"),
    ("offre", {"identifiant": "offre-1"}, {"identifiant": "offre-1"}, "identifiant"),
    ("offre", {"identifiant": "x" * 31}, {"identifiant": "x" * 31}, "identifiant"),
    ("offre", {"identifiant": ""}, {"identifiant": ""}, "identifiant"),
    ("action", {"ht_20": "100", "ttc_20": "50"}, {"ht_20": "100", "ttc_20": "50"}, "ttc_20"),
    ("action", {"ht_20": "100", "ttc_20": "180"}, {"ht_20": 100, "ttc_20": 180}, "ttc_20"),
    ("action", {"ht_20": None}, {"ttc_20": None}, "ttc_20"),
    ("action", {"ht_20": "-1"}, {"ht_20": "-1", "ttc_20": None}, "ht_20"),
    ("action", {"duree_totale": "100000"}, {"duree_totale": 100000}, "duree_totale"),
    ("action", {"rythmes": []}, {"rythmes": []}, "rythmes"),
    ("action", {"rythmes": ["rien"]}, {"rythmes": ["rien"]}, "rythmes"),
    ("action", {"existence_prerequis": "oui", "conditions_specifiques": ""}, {"existence_prerequis": True},
    "conditions_specifiques"),
    ("action", {"url_action": "pas une adresse"}, {"url_action": "pas une adresse"}, "url_action"),
    ("action", {"dates_information": "01/01/2027, 02/01/2027, 03/01/2027, 04/01/2027"}, {
        "dates_information": ["2027-01-01", "2027-01-02", "2027-01-03", "2027-01-04"]}, "dates_information"),
    ("session", {"garantie": None}, {"garantie": None}, "garantie"),
    ("session", {"date_debut": f"{HIER:%d/%m/%Y}"}, {"date_debut": HIER.isoformat()}, "date_debut"),
    ("session", {"date_fin": f"{DEMAIN:%d/%m/%Y}"}, {"date_fin": DEMAIN.isoformat()}, "date_fin"),
    ("session", {"date_fin": None}, {"date_fin": None}, "date_fin"),
    ("session", {"pas_de_dates": "on"}, {"pas_de_dates": True}, "pas_de_dates"),
    ("session", {"contact_inscription": "999999"}, {"contact_inscription": "personne"},
    "contact_inscription"),
    ("session", {"contact_inscription": None}, {"contact_inscription": None}, "contact_inscription"),
    ("session", {"modalites_particulieres": TROP}, {"modalites_particulieres": TROP},
    "modalites_particulieres"),
    ("session", {"identifiant": "S1"}, {"identifiant": "S1"}, "identifiant"),
]  # fmt: skip


@pytest.mark.parametrize(
    "niveau, tape, envoye, champ", CAS, ids=[f"{c[0]}-{c[3]}-{n}" for n, c in enumerate(CAS)]
)
def test_un_contenu_refuse(connecter, monde, niveau, tape, envoye, champ):
    client, api = connecter(monde.gestionnaire), Programme(jeton_de(monde)[1])
    monde.session("s1")
    adresse = {"offre": OFFRES, "action": actions(monde), "session": sessions(monde.action)}[niveau]
    complete = {
        "offre": lambda: offre(monde.certification, blocs=None, blocs_modifiables=None),
        "action": lambda: action(monde),
        "session": lambda: saisie(monde),
    }[niveau]()  # fmt: skip
    corps = {
        "offre": OFFRE_JSON, "action": {**ACTION_JSON, "offre": monde.offre.pk},
        "session": session_complete(action=monde.action.pk),
    }[niveau]  # fmt: skip
    if "identifiant" in tape:
        ecran = client.get(adresse, tape)
    else:
        ecran = envoyer(
            client,
            adresse,
            "nouvelle",
            {nom: valeur for nom, valeur in (complete | tape).items() if valeur is not None},
        )
        assert ecran.status_code == 422
    refus = api("POST", f"{niveau}s/", {**corps, "identifiant": "nouvelle", **envoye, "valider": True})
    assert (refus.status_code, refus.lu["code"]) == (422, "validation")
    raisons = [raison for raison in refus.lu["raisons"] if raison["champ"] == champ]
    assert raisons, refus.lu["raisons"]
    page = html.unescape(ecran.content.decode())
    assert all(_de_l_ecran(raison) in page for raison in refus.lu["raisons"]), refus.lu["raisons"]


def _de_l_ecran(raison):
    """Return the part of a sentence that the screen says too: a program has no list to choose in."""
    return raison["phrase"].partition(" : ")[0] if raison["code"] == "invalid_choice" else raison["phrase"]


def _archiver(fiche, par):
    return executer(type(fiche).objects.get(pk=fiche.pk), Operation.ARCHIVER, par=par)


def _ouverte(monde):
    return monde.session("s1", ouverte=True)


def _passee(monde):
    session = monde.session()
    Session.objects.filter(pk=session.pk).update(date_debut=HIER, dates_saisies_le=HIER - dt.timedelta(9))
    return session


def _sous_une_action_en_brouillon(monde):
    session = monde.session()
    executer(_archiver(monde.action, monde.gestionnaire), Operation.DESARCHIVER, par=monde.gestionnaire)
    executer(Session.objects.get(pk=session.pk), Operation.DESARCHIVER, par=monde.gestionnaire)
    return executer(Session.objects.get(pk=session.pk), Operation.VALIDER, par=monde.gestionnaire, valeurs={})


@pytest.mark.parametrize("preparer, operation", [
    (_ouverte, "ouvrir"), (_ouverte, "supprimer"),
    (lambda monde: _archiver(monde.session(), monde.gestionnaire), "archiver"),
    (lambda monde: monde.session(), "fermer"), (lambda monde: monde.session(), "desarchiver"),
    (_passee, "ouvrir"),
    (_sous_une_action_en_brouillon, "ouvrir"),
    (lambda monde: _ouverte(monde) and Offre.objects.get(), "supprimer"),
    (lambda monde: _archiver(monde.session(), monde.gestionnaire), "ouvrir"),
    (lambda monde: _ouverte(monde) and Action.objects.get(), "desarchiver"),
])  # fmt: skip
def test_une_operation_refusee(connecter, monde, preparer, operation):
    fiche = preparer(monde)
    niveau = fiche._meta.model_name
    ecran = connecter(monde.gestionnaire).post(f"/catalogue/{niveau}s/{fiche.pk}/{operation}/")
    phrases = " ".join(str(message) for message in get_messages(ecran.wsgi_request))
    api, adresse = Programme(jeton_de(monde)[1]), f"{niveau}s/{fiche.pk}/"
    refus = api("DELETE", adresse) if operation == "supprimer" else api("POST", f"{adresse}{operation}/")
    assert refus.status_code == 409 and refus.lu["detail"] == phrases


@pytest.mark.parametrize("genre, saisie_", [
    ("contacts", {"prenom": "", "nom": "R", "telephone_fixe": "0149800000", "courriel": "n@r.example"}),
    ("contacts", {"prenom": "N", "nom": "R", "telephone_fixe": "12", "courriel": "n@r.example"}),
    ("contacts", {"prenom": "N", "nom": "R", "telephone_fixe": "0149800000", "courriel": "rien"}),
    ("contacts", {"prenom": "N", "nom": "R", "telephone_fixe": "0149800000", "courriel": "n@r.example",
    "identifiant": "service INSCRIPTIONS"}),
    ("adresses", {"titre": "siège", "denomination": "D", "ligne_5": "ZA", "code_postal": "35000",
    "ville": "Rennes", "pays": "FR"}),
    ("adresses", {"titre": "Autre", "denomination": "D", "code_postal": "35000", "ville": "Rennes",
    "pays": "FR"}),
    ("adresses", {"titre": "Autre", "denomination": "D", "ligne_5": "ZA", "code_postal": "35",
    "ville": "Rennes", "pays": "FR"}),
    ("adresses", {"titre": "B", "denomination": "D", "ligne_5": "ZA", "code_postal": "35000",
    "ville": "Rennes", "latitude": "48"}),
])  # fmt: skip
def test_une_entree_du_carnet_refusee(connecter, monde, genre, saisie_):
    Contact.objects.update(identifiant="Service Inscriptions", identifiant_normalise="service inscriptions")
    ecran = connecter(monde.gestionnaire).post(f"/carnet/{genre}/ajouter/", saisie_)
    assert ecran.status_code == 422
    refus = Programme(jeton_de(monde)[1])("POST", f"{genre}/", saisie_)
    page = html.unescape(ecran.content.decode())
    assert refus.status_code == 422 and all(
        raison["phrase"] in page and raison["champ"] for raison in refus.lu["raisons"]
    ), refus.lu
