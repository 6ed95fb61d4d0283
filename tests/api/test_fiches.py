"""Tests of the records through the API: creating, saving, validating and opening them.

The rules and the error messages are those of the pages.
"""

import datetime as dt

import pytest

from catalogue.cycle_de_vie import Operation, executer
from catalogue.models import Action, Offre
from edof.horloge import aujourd_hui
from organismes.droits import Role
from organismes.models import Contact
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de

OFFRE = {
    "identifiant": "OFFRE-2", "type_offre": "certifiante", "certification": "RNCP1", "intitule": "Logistique",
    "points_forts": "Fort",
    "objectif": "Apprendre", "resultats_attendus": "Savoir", "contenu": "Programme", "type_parcours": "mixte",
    "objectif_general": "certification",
}  # fmt: skip
ACTION = {
    "identifiant": "A-1", "modalites_entrees_sorties": "dates_fixes", "modalites_enseignement": "presentiel",
    "langue": "fr",
    "duree_totale": 400, "rythmes": ["en_journee"], "niveau_entree_obligatoire": False,
    "existence_prerequis": False,
    "modalites_admission": ["dossier"], "acces_handicapes": "Accessible", "ttc_20": "5000.00",
    "frais_certif_inclus": "inclus",
    "lieu_de_formation": "Siège", "contact_du_lieu": "Service Inscriptions",
    "contact_information": "service inscriptions",
}  # fmt: skip


def session_complete(**valeurs):
    return {
        "identifiant": "s-1", "date_debut": (aujourd_hui() + dt.timedelta(60)).isoformat(),
        "date_fin": (aujourd_hui() + dt.timedelta(90)).isoformat(), "garantie": True,
        "contact_inscription": "Service Inscriptions", "adresse_inscription": "Siège", **valeurs,
    }  # fmt: skip


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def test_du_contact_a_la_session_ouverte(api, monde):
    offre = api("POST", "offres/", {**OFFRE, "valider": True})
    assert (offre.status_code, offre.lu["statut"], offre.lu["a_completer"]) == (201, "validee", [])
    assert (
        offre.headers["Location"].endswith(f"/api/v1/offres/{offre.lu['id']}/")
        and offre.headers["ETag"] == '"1"'
    )
    action = api("POST", "actions/", {**ACTION, "offre": offre.lu["id"], "valider": True})
    assert (action.lu["ht_20"], action.lu["total_ttc"], action.lu["lieu_de_formation"]) == (
        "4166.67",
        "5000.00",
        "Siège",
    )
    session = api("POST", "sessions/", {**session_complete(), "action": action.lu["id"]})
    assert (session.status_code, session.lu["statut"], session.lu["ouverte"]) == (201, "brouillon", False)
    refusee = api("POST", f"sessions/{session.lu['id']}/ouvrir/")
    assert (refusee.status_code, refusee.lu["code"]) == (409, "operation_refusee")
    assert "validez-la avant de l'ouvrir" in refusee.lu["detail"]
    assert api("POST", f"sessions/{session.lu['id']}/valider/").lu["statut"] == "validee"
    ouverte = api("POST", f"sessions/{session.lu['id']}/ouvrir/").lu
    assert (ouverte["statut"], ouverte["ouverte"], ouverte["visible"]) == ("active", True, False)
    assert ouverte["visible_le"] == (aujourd_hui() + dt.timedelta(1)).isoformat()
    assert api("GET", f"offres/{offre.lu['id']}/").lu["statut"] == "active"
    deja = api("POST", f"sessions/{session.lu['id']}/ouvrir/")
    assert (deja.status_code, deja.lu["detail"]) == (409, "La session est déjà ouverte à l'inscription.")
    assert api("POST", f"sessions/{session.lu['id']}/fermer/").lu["ouverte"] is False
    active = api("DELETE", f"sessions/{session.lu['id']}/")
    assert (active.status_code, active.lu["code"]) == (409, "operation_refusee")
    assert api("POST", f"offres/{offre.lu['id']}/archiver/").lu["statut"] == "archivee"
    assert api("GET", f"sessions/{session.lu['id']}/").lu["statut"] == "archivee"
    assert api("PATCH", f"offres/{offre.lu['id']}/", {"intitule": "X"}).status_code == 409
    assert (
        api("POST", f"offres/{offre.lu['id']}/desarchiver/", {"avec_descendants": True}).lu["statut"]
        == "brouillon"
    )
    assert api("GET", f"sessions/{session.lu['id']}/").lu["statut"] == "brouillon"
    assert api("DELETE", f"offres/{offre.lu['id']}/?dry_run=true").lu == {
        "emportees": {"action": 1, "session": 1}
    }
    assert api("DELETE", f"offres/{offre.lu['id']}/").lu == {"emportees": {"action": 1, "session": 1}}
    assert api("GET", f"sessions/{session.lu['id']}/").status_code == 404


def test_l_ouverture_nomme_ce_qui_bloque(api, monde):
    session = monde.session()
    executer(Action.objects.get(pk=monde.action.pk), Operation.ARCHIVER, par=monde.gestionnaire)
    executer(Session.objects.get(pk=session.pk), Operation.DESARCHIVER, par=monde.gestionnaire)
    refusee = api("POST", f"sessions/{session.pk}/valider/")
    assert refusee.status_code == 200
    refusee = api("POST", f"sessions/{session.pk}/ouvrir/").lu
    assert refusee["raisons"][0]["bloque"] == {
        "niveau": "action", "id": monde.action.pk, "identifiant": "ACTION-1",
        "url": f"/api/v1/actions/{monde.action.pk}/",
    }  # fmt: skip


def test_ce_qui_ne_s_ecrit_pas_est_refuse_par_son_nom(api, monde):
    refus = api(
        "PATCH",
        f"sessions/{monde.session().pk}/",
        {"statut": "active", "ouverte": True, "visible": True, "couleur": 1, "garantie": "oui"},
    )
    assert (refus.status_code, refus.headers["Content-Type"]) == (422, "application/problem+json")
    codes = {raison["champ"]: raison["code"] for raison in refus.lu["raisons"]}
    assert codes == {
        "statut": "lecture_seule",
        "ouverte": "lecture_seule",
        "visible": "lecture_seule",
        "couleur": "champ_inconnu",
        "garantie": "type",
    }
    assert api("GET", "offres/?statu=active").lu["raisons"][0]["champ"] == "statu"
    assert api("GET", "offres/?statut=visible").status_code == 400
    assert (
        api("PATCH", f"actions/{monde.action.pk}/", {"offre": monde.offre.pk}).lu["raisons"][0]["code"]
        == "lecture_seule"
    )


def test_patch_garde_put_vide(api, monde):
    adresse = f"offres/{monde.offre.pk}/"
    assert api("PATCH", adresse, {"points_forts": "Autre"}).lu["objectif"] == "Texte"
    vide = api("PUT", adresse, {"intitule": "Seul"}).lu
    assert (vide["intitule"], vide["objectif"], vide["certification"], vide["identifiant"]) == (
        "Seul",
        "",
        None,
        "OFFRE-1",
    )
    assert vide["statut"] == "brouillon" and "objectif" in {raison["champ"] for raison in vide["a_completer"]}


def test_une_fiche_active_reste_complete(api, monde):
    session = monde.session(ouverte=True)
    refus = api("PATCH", f"sessions/{session.pk}/", {"garantie": None})
    assert (refus.status_code, refus.lu["raisons"][0]["champ"]) == (422, "garantie")
    renommee = api("PATCH", f"sessions/{session.pk}/", {"identifiant": "autre"})
    assert renommee.lu["detail"] == "L'identifiant ne peut plus changer : la session a déjà été active."


def test_les_versions(api, monde):
    adresse = f"offres/{monde.offre.pk}/"
    lue = api("GET", adresse)
    assert lue.headers["ETag"] == '"1"' and api("GET", adresse, if_none_match='"1"').status_code == 304
    assert api("PATCH", adresse, {"intitule": "Leur"}, if_match='"1"').headers["ETag"] == '"2"'
    depassee = api("PATCH", adresse, {"intitule": "Mien"}, if_match='"1"')
    assert (depassee.status_code, depassee.lu["code"], depassee.headers["ETag"]) == (
        412,
        "version_depassee",
        '"2"',
    )
    assert api("POST", f"{adresse}archiver/", if_match='"1"').status_code == 412
    assert api("DELETE", adresse, if_match='"rien"').status_code == 412
    # Changes to different fields since version 1 are merged. A change to the same field is a conflict.
    assert api("PATCH", adresse, {"points_forts": "Mien", "version": 1}).lu["intitule"] == "Leur"
    divergence = api("PATCH", adresse, {"intitule": "Mien", "version": 1})
    assert (divergence.status_code, divergence.lu["code"]) == (409, "divergence")
    assert divergence.lu["divergences"] == [
        {"champ": "intitule", "avant": "Texte", "leur": "Leur", "mien": "Mien"}
    ]
    assert api("PATCH", adresse, {"intitule": "Mien"}).lu["intitule"] == "Mien"


@pytest.mark.parametrize("methode, adresse, corps", [
    ("POST", "offres/", OFFRE), ("PATCH", "offres/{offre}/", {"intitule": "Autre"}),
    ("PUT", "offres/par-identifiant/?identifiant=N", OFFRE | {"identifiant": "n"}),
    ("POST", "offres/{offre}/archiver/", None), ("DELETE", "offres/{offre}/", None),
    ("POST", "sessions/{session}/ouvrir/", None),
    ("POST", "contacts/", {"prenom": "A", "nom": "B", "telephone_fixe": "0149800000",
    "courriel": "a@b.example"}),
    ("PATCH", "adresses/{lieu}/", {"ville": "Rennes"}),
])  # fmt: skip
def test_une_simulation_ne_garde_rien(api, monde, methode, adresse, corps):
    session = monde.session()
    adresse = adresse.format(offre=monde.offre.pk, session=session.pk, lieu=monde.lieu.pk)

    def etat():
        return [
            list(modele.objects.order_by("pk").values())
            for modele in (Offre, Action, Session, Contact, Offre.pgh_event_model)
        ]

    avant, (chemin, _, suite) = etat(), adresse.partition("?")
    simulee = api(methode, f"{chemin}?{suite}{'&' if suite else ''}dry_run=true", corps)
    assert etat() == avant and "Location" not in simulee.headers
    # The key of the simulated record will go to the next one, so it is not returned.
    assert simulee.status_code != 201 or simulee.lu["id"] is None
    reelle = api(methode, adresse, corps)
    assert simulee.status_code == reelle.status_code < 300 and etat() != avant or "adresses" in adresse


def test_par_identifiant(api, monde):
    adresse = "sessions/par-identifiant/?offre=offre-1&action=ACTION-1&identifiant=S%2F1"
    assert api("GET", adresse).status_code == 404
    corps = session_complete(valider=True)
    del corps["identifiant"]
    creee = api("PUT", adresse, corps)
    assert (creee.status_code, creee.lu["identifiant"], creee.lu["statut"]) == (
        201,
        "S/1",
        "validee",
    ), creee.lu
    encore = api("PUT", adresse, corps)
    assert (encore.status_code, encore.lu["id"], encore.lu["version"]) == (200, creee.lu["id"], 1)
    assert api("GET", adresse).lu["id"] == creee.lu["id"]
    assert api("PUT", adresse, {"identifiant": "autre"}).lu["raisons"][0]["champ"] == "identifiant"
    assert api("PUT", adresse.replace("ACTION-1", "rien"), corps).status_code == 404
    assert api("GET", "sessions/par-identifiant/?identifiant=S").lu["raisons"][0]["champ"] == "offre"
    assert (
        api(
            "PUT",
            "contacts/par-identifiant/?identifiant=Nadia",
            {"prenom": "N", "nom": "R", "telephone_fixe": "0149800001", "courriel": "n@r.example"},
        ).status_code
        == 201
    )
    assert (
        api(
            "PUT",
            "adresses/par-identifiant/?titre=siège",
            {"denomination": "X", "ligne_5": "ZA", "code_postal": "35000", "ville": "Rennes", "pays": "FR"},
        ).status_code
        == 200
    )


def test_rien_d_un_autre_organisme(api, monde):
    from tests.conftest import Monde

    autre = Monde("Autre", "52345678900017")
    session = autre.session()
    for niveau, fiche in (("offre", autre.offre), ("action", autre.action), ("session", session)):
        for methode, suite in (
            ("GET", ""),
            ("PATCH", ""),
            ("PUT", ""),
            ("DELETE", ""),
            ("POST", "archiver/"),
            ("GET", "historique/"),
        ):
            assert (
                api(
                    methode,
                    f"{niveau}s/{fiche.pk}/{suite}",
                    None if methode in {"GET", "DELETE", "POST"} else {},
                ).status_code
                == 404
            )
    assert api("GET", f"sessions/{session.pk}/visibilite/").status_code == 404
    assert api("GET", f"organismes/{autre.organisme.pk}/").status_code == 404
    for nom, entree in (("contacts", autre.contact), ("adresses", autre.lieu)):
        assert (
            api("DELETE", f"{nom}/{entree.pk}/").status_code
            == api("GET", f"{nom}/{entree.pk}/").status_code
            == 404
        )
    # The records of another organisme cannot be referenced either.
    for corps in ({**ACTION, "offre": autre.offre.pk}, ACTION, {**ACTION, "offre": "OFFRE-1"}):
        [raison] = api("POST", "actions/", corps).lu["raisons"]
        assert raison["champ"] == "offre" and raison["phrase"].startswith(
            "Donnez la clé (« id ») d'une offre"
        )
    Contact.objects.filter(pk=autre.contact.pk).update(identifiant="Lui", identifiant_normalise="lui")
    refus = api("PATCH", f"sessions/{monde.session().pk}/", {"contact_inscription": "Lui"}).lu
    assert (refus["raisons"][0]["champ"], refus["raisons"][0]["code"]) == (
        "contact_inscription",
        "invalid_choice",
    )
    for liste in ("offres", "actions", "sessions", "contacts", "adresses", "organismes"):
        propres = {"offres": 1, "actions": 1, "sessions": 1, "contacts": 1, "adresses": 1, "organismes": 1}
        assert len(api.tout(f"{liste}/")) == propres[liste], liste


@pytest.mark.parametrize("role, attendus", [
    (Role.LECTEUR, {"lire": 200, "creer": 403, "valider": 403, "ouvrir": 403, "archiver": 403,
    "supprimer": 403}),
    (Role.REDACTEUR, {"lire": 200, "creer": 201, "valider": 200, "ouvrir": 403, "archiver": 403,
    "supprimer": 403}),
    (Role.GESTIONNAIRE, {"lire": 200, "creer": 201, "valider": 200, "ouvrir": 200, "archiver": 200,
    "supprimer": 200}),
])  # fmt: skip
def test_les_droits_du_role(monde, role, attendus):
    api, session = Programme(jeton_de(monde, role)[1]), monde.session()
    adresse = f"sessions/{session.pk}/"
    obtenus = {
        "lire": api("GET", adresse), "creer": api("POST", "offres/", OFFRE),
        "valider": api("POST", f"{adresse}valider/"),
        "ouvrir": api("POST", f"{adresse}ouvrir/"), "archiver": api("POST", f"{adresse}archiver/"),
        "supprimer": api("DELETE", adresse),
    }  # fmt: skip
    assert {nom: reponse.status_code for nom, reponse in obtenus.items()} == attendus
    refusees = [reponse.lu for reponse in obtenus.values() if reponse.status_code == 403]
    assert all(
        refus["code"] == "droit_insuffisant" and "Votre rôle ne permet pas" in refus["detail"]
        for refus in refusees
    )
