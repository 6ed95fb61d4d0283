"""Tests of If-Match and If-None-Match (RFC 9110, 13): one rule for the five resources and all methods."""

from itertools import count

import brotli
import pytest

from catalogue.models import Action, Offre
from organismes.models import Adresse, Contact
from sessions_app.models import Session
from tests.api.client import Programme, jeton_de

# For a record of ETag T: ((header, value), status of a write, status of a read).
CONDITIONS = [
    (("if_match", "T"), 200, 200),
    (("if_match", "*"), 200, 200),
    (("if_match", '"99", T'), 200, 200),
    (("if_match", 'T , "99"'), 200, 200),
    (("if_match", '"a,b",T'), 200, 200),
    (("if_match", 'W/"99",\tT'), 200, 200),
    (("if_match", "G"), 200, 200),
    (("if_match", "W/T"), 412, 412),
    (("if_match", 'W/T, "99"'), 412, 412),
    (("if_match", '"99"'), 412, 412),
    (("if_match", '"0"'), 412, 412),
    (("if_match", '""'), 412, 412),
    (("if_match", "rien"), 412, 412),
    (("if_none_match", "*"), 412, 304),
    (("if_none_match", "T"), 412, 304),
    (("if_none_match", "W/T"), 412, 304),
    (("if_none_match", '"99", T'), 412, 304),
    (("if_none_match", "G"), 412, 304),
    (("if_none_match", '"99"'), 200, 200),
    (("if_none_match", 'W/"99", "a,b"'), 200, 200),
]
PERSONNE = {"prenom": "N", "nom": "R", "telephone_fixe": "0149800001", "courriel": "n@r.example"}
LIEU = {"denomination": "D", "libelle_voie": "Rue", "pays": "FR", "code_postal": "94550", "ville": "Chevilly"}


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


@pytest.fixture
def ressources(monde):
    """Return, for each resource: model, primary key, query by identifier, query without a match, body."""
    session = monde.session()
    de_l_offre, de_l_action = "offre=OFFRE-1&identifiant=", "offre=OFFRE-1&action=ACTION-1&identifiant="
    Contact.objects.filter(pk=monde.contact.pk).update(identifiant="C", identifiant_normalise="c")
    personne = PERSONNE | {"identifiant": "C"}
    return {
        "offres": (Offre, monde.offre.pk, "identifiant=OFFRE-1", "identifiant=N", {}),
        "actions": (Action, monde.action.pk, f"{de_l_offre}ACTION-1", f"{de_l_offre}N", {}),
        "sessions": (Session, session.pk, f"{de_l_action}{session.identifiant}", f"{de_l_action}N", {}),
        "contacts": (Contact, monde.contact.pk, "identifiant=C", "identifiant=N", personne),
        "adresses": (Adresse, monde.lieu.pk, "titre=Siège", "titre=N", LIEU | {"titre": "Siège"}),
    }


def remplie(valeur, etiquette):
    return valeur.replace("T", etiquette).replace("G", f'{etiquette[:-1]}-gzip"')


@pytest.mark.parametrize("nom", ["offres", "actions", "sessions", "contacts", "adresses"])
def test_ce_qui_est_exige_d_une_fiche(api, ressources, nom):
    modele, cle, identifiee, _, corps = ressources[nom]
    par_cle, par_identifiant = f"{nom}/{cle}/", f"{nom}/par-identifiant/?{identifiee}"
    demandes = [("GET", par_cle, None), ("GET", par_identifiant, None), ("PATCH", par_cle, {})]
    demandes += [("PUT", par_cle, corps), ("PUT", par_identifiant, corps)]
    demandes += [("DELETE", f"{par_cle}?dry_run=true", None)]
    if modele in {Offre, Action, Session}:
        demandes += [("POST", f"{par_cle}{faire}/?dry_run=true", None) for faire in ("valider", "archiver")]
    fautes, avant, etiquette = [], None, ""
    for (entete, valeur), ecrite, lue in CONDITIONS:
        for methode, adresse, contenu in demandes:
            # The tag is read again when the request before has changed the record.
            presente = modele.objects.filter(pk=cle).values().get()
            if presente != avant:
                avant, etiquette = presente, api("GET", par_cle).headers["ETag"]
            reponse = api(methode, adresse, contenu, **{entete: remplie(valeur, etiquette)})
            attendu = lue if methode == "GET" else ecrite
            admis = {attendu}
            if attendu == 200 and methode not in {"GET", "PATCH"}:
                # A request that meets the condition may be refused for another reason: in use, or incomplete.
                admis = {200, 204, 409, 422}
            if reponse.status_code not in admis:
                fautes.append((methode, adresse, entete, valeur, reponse.status_code))
            if attendu == 412:
                assert reponse.lu["code"] == "version_depassee" and reponse.lu["detail"]
                assert modele.objects.filter(pk=cle).values().get() == avant
    assert fautes == []


@pytest.mark.parametrize("nom", ["offres", "actions", "sessions", "contacts", "adresses"])
def test_ce_qui_est_exige_de_ce_qui_n_existe_pas(api, ressources, nom):
    modele, _, _, absente, corps = ressources[nom]
    corps = {champ: valeur for champ, valeur in corps.items() if champ not in {"identifiant", "titre"}}
    adresse, combien = f"{nom}/par-identifiant/?{absente}", modele.objects.count()
    for valeur in ("*", '"1"', 'W/"1"', '"1", "2"', ""):
        assert api("PUT", adresse, corps, if_match=valeur).status_code == 412
        assert api("GET", adresse, if_match=valeur).status_code == 404
    assert modele.objects.count() == combien
    assert api("GET", adresse, if_none_match="*").status_code == 404
    assert api("PUT", adresse, corps, if_none_match="*").status_code == 201
    assert api("PUT", adresse, corps, if_none_match="*").status_code == 412
    assert modele.objects.count() == combien + 1


def test_la_version_exigee_tient_jusqu_au_bout(api, monde, monkeypatch):
    """Check the condition when another user saves between its evaluation and the locks."""
    from api.views.fiches import FicheVue

    lire, textes = FicheVue._exigee, map(str, count())

    def entre_temps(vue, fiche):
        exigee = lire(vue, fiche)
        Offre.objects.filter(pk=fiche.pk).update(points_forts=next(textes))
        return exigee

    monkeypatch.setattr(FicheVue, "_exigee", entre_temps)
    adresse = f"offres/{monde.offre.pk}/"
    assert api("PATCH", adresse, {"objectif": "x"}, if_match='"1", "99"').status_code == 412
    assert api("POST", f"{adresse}archiver/", if_match='"2"').status_code == 412
    assert api("PATCH", adresse, {"objectif": "x"}, if_match="*").status_code == 200


@pytest.mark.parametrize("codage", ["gzip", "br"])
def test_une_reponse_compressee_a_une_etiquette_que_l_on_peut_rendre(api, monde, codage):
    adresse, etiquette = f"offres/{monde.offre.pk}/", f'"1-{codage}"'
    lue = api.client.get(f"/api/v1/{adresse}", HTTP_ACCEPT_ENCODING=codage, **api.entetes)
    assert (lue.headers["Content-Encoding"], lue.headers["ETag"]) == (codage, etiquette)
    assert api("GET", adresse, if_none_match=etiquette).status_code == 304
    assert api("PATCH", adresse, {"objectif": "x"}, if_match=etiquette).headers["ETag"] == '"2"'
    assert api("PATCH", adresse, {"objectif": "y"}, if_match=etiquette).status_code == 412


@pytest.mark.parametrize(
    ("accepte", "codage"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("br;q=0.5, gzip", "br"),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.0", None),
        ("brotli, abr", None),
        ("identity", None),
    ],
)
def test_la_compression_est_celle_que_l_on_accepte(api, monde, accepte, codage):
    adresse = f"/api/v1/offres/{monde.offre.pk}/"
    lue = api.client.get(adresse, HTTP_ACCEPT_ENCODING=accepte, **api.entetes)
    assert lue.headers.get("Content-Encoding") == codage and "Accept-Encoding" in lue.headers["Vary"]
    if codage == "br":
        assert b"identifiant" in brotli.decompress(lue.content)
        assert int(lue.headers["Content-Length"]) == len(lue.content)
