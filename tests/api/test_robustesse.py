"""Tests that no input causes an error 500: the response is a problem that gives the reason in French."""

import json
from urllib.parse import quote

import pytest
from django.db import OperationalError
from django.test import Client

from api.champs import ChampJSON, MauvaisType
from api.liens import Liens
from api.serializers.carnet import AdresseModificationSerializer, ContactModificationSerializer
from api.serializers.fiches import (
    ActionModificationSerializer,
    OffreModificationSerializer,
    SessionModificationSerializer,
)
from api.views.actions import ActionVue
from api.views.carnet import AdresseVue, ContactVue
from api.views.certifications import CertificationVue
from api.views.offres import OffreVue
from api.views.publications import FormationVue, PublicationVue
from api.views.sessions import SessionVue
from organismes.models import Contact
from tests.api.client import Programme, jeton_de

GRAND = 10**400
TORDUS = [
    "", " ", "\x00", "a\x00b", "\x01", "\u202e", "é" * 4000, "<script>", "' OR 1=1 --", "%00", 0, -1, GRAND,
    -GRAND, 1.5, 1e308, True, False,
    None, [], {}, [None], ["\x00"], [[]], {"a": 1}, ["a"] * 500, "2027-02-30", "2027-09-14T00:00:00",
    "0001-01-01", "9999-12-31", "NaN",
    "1e400", "-0", "https://[", "http://a.example/\x00", "٣", "１２", "\ufeff", "ﬀ" * 30,
]  # fmt: skip


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


def est_un_probleme(reponse):
    assert 400 <= reponse.status_code < 500, (reponse.status_code, reponse.content)
    assert reponse.headers["Content-Type"] == "application/problem+json"
    assert reponse.lu["status"] == reponse.status_code and reponse.lu["code"] and reponse.lu["detail"]
    return True


@pytest.mark.parametrize("corps", [
    b"{", b"[]", b"null", b'"x"', b"1", b"{\"a\": NaN}", b"\xff\xfe", b'{"intitule": "\\ud800"}',
    b'{"\\ud800": 1}', b"[" * 100_000,
    b'{"a":' * 100_000, b"1" * 5000, b'{"duree_totale": ' + b"9" * 5000 + b"}", b"\xff\xfe{}", b"{} {}",
])  # fmt: skip
def test_un_corps_illisible(api, corps):
    assert est_un_probleme(api("POST", "offres/", corps))


@pytest.mark.parametrize(
    ("corps", "phrase"),
    [
        (b'{"intitule": "A",\n  "objectif": "B",\n}', "voyez la ligne 3, colonne 1"),
        (b"{'intitule': 'A'}", "voyez la ligne 1, colonne 2"),
        (b'{"intitule": "\xe9"}', "pas en UTF-8 : voyez l'octet 15"),
        (b'{"duree_totale": NaN}', "NaN n'est pas du JSON"),
        (b"[" * 100_000, "trop de niveaux"),
    ],
)
def test_ce_qui_n_est_pas_lisible_est_montre(api, corps, phrase):
    assert phrase in api("POST", "offres/", corps).lu["detail"]


def test_un_corps_ecrit_par_windows_se_lit(api):
    corps = b"\xef\xbb\xbf" + json.dumps({"identifiant": "BOM", "type_offre": "bilan"}).encode()
    assert api("POST", "offres/", corps).status_code == 201


@pytest.mark.parametrize(
    ("niveau", "corps", "champ", "phrase"),
    [
        ("offres", {"type_offre": "BILAN"}, "type_offre", "écrivez l'un de : certifiante, bilan, vae"),
        ("offres", {"type_offre": 3}, "type_offre", "Écrivez l'un de : certifiante, bilan, vae"),
        (
            "offres",
            {"type_offre": "certifiante", "certification": "RNCP9"},
            "certification",
            "certifications/",
        ),
        ("offres", {"Intitulé": "x"}, "Intitulé", "Vouliez-vous dire « intitule » ?"),
        ("actions", {"langue": "français"}, "langue", "écrivez l'un de : fr, en"),
        ("actions", {"rythmes": ["jour"]}, "rythmes", "écrivez l'un de : en_journee"),
        ("actions", {"lieu_de_formation": "AILLEURS"}, "lieu_de_formation", "le titre d'une adresse"),
        ("actions", {"contact_du_lieu": ""}, "contact_du_lieu", "l'identifiant d'un contact"),
    ],
)
def test_un_refus_dit_quoi_ecrire(api, monde, niveau, corps, champ, phrase):
    """As it is alone, and in a lot."""
    parent = {"offre": monde.offre.pk} if niveau == "actions" else {}
    seul = api("POST", f"{niveau}/", {"identifiant": "neuve", **parent, **corps})
    chemin = ["neuve"] if niveau == "offres" else [monde.offre.identifiant, "neuve"]
    element = {"faire": "creer", "niveau": niveau.rstrip("s"), "chemin": chemin, "valeurs": corps}
    (du_lot,) = api("POST", "lots/", {"elements": [element]}).lu["elements"]
    for lu in (seul.lu, du_lot["probleme"]):
        (raison,) = [r for r in lu["raisons"] if r["champ"] == champ]
        assert phrase in raison["phrase"], raison


def test_un_filtre_dit_ses_valeurs(api):
    for adresse, phrase in (
        ("sessions/?statut=ouverte", "écrivez l'un de : brouillon, validee, active, archivee."),
        ("certifications/?type_offre=titre", "écrivez l'un de : certifiante"),
    ):
        assert phrase in api("GET", adresse).lu["detail"]


def test_un_jour_d_un_autre_type_se_dit(api, monde):
    session = monde.session("s1")
    corps = {"operation": "ouvrir", "jour": None}
    refus = api("POST", f"sessions/{session.pk}/programmations/", corps)
    assert refus.lu["raisons"][0]["phrase"] == "Écrivez une date : AAAA-MM-JJ."


def test_une_fiche_sans_parent_dit_lequel_manque(api, monde):
    ou = f"sessions/par-identifiant/?identifiant=s&offre={monde.offre.identifiant}&action=ABSENTE"
    for adresse, champ in ((ou, "action"), (ou.replace(monde.offre.identifiant, "ABSENTE"), "offre")):
        refus = api("PUT", adresse, {})
        assert refus.status_code == 404 and refus.lu["raisons"][0]["champ"] == champ
        assert "« ABSENTE » n'existe pas dans votre catalogue. Créez-la d'abord." in refus.lu["detail"]


@pytest.mark.parametrize(
    "corps",
    [b'{"intitule": "A", "intitule": "B"}', b'{"a": [{"b": 1, "b": 1}]}', b'{"id": 1, "\\u0069d": 2}'],
)
def test_une_cle_ecrite_deux_fois_est_refusee(api, monde, corps):
    refus = api("PATCH", f"offres/{monde.offre.pk}/", corps)
    assert (refus.status_code, refus.lu["code"]) == (
        400,
        "requete_illisible",
    ) and "est écrite deux fois" in refus.lu["detail"]


def test_soixante_mille_cles_inconnues_recoivent_une_reponse_courte(api, monde):
    corps = {f"{rang:x}": 1 for rang in range(60_000)}
    refus = api("PATCH", f"offres/{monde.offre.pk}/", corps)
    assert refus.status_code == 422 and len(refus.content) < 30_000
    assert len(refus.lu["raisons"]) == 101 and refus.lu["raisons"][-1]["phrase"] == "Et 59900 autres raisons."


def test_trop_gros_ou_d_un_autre_type(api, monde):
    assert api("POST", "offres/", json.dumps({"contenu": "x" * 2_000_000}).encode()).status_code == 413
    for type_ in (
        "text/plain",
        "application/xml",
        "multipart/form-data; boundary=x",
        "application/x-www-form-urlencoded",
        "",
        "é",
        "application/json/x",
    ):
        reponse = api.client.generic(
            "POST", "/api/v1/offres/", b"identifiant=x", content_type=type_, **api.entetes
        )
        assert reponse.status_code == 415 and json.loads(reponse.content)["code"] == "type_de_contenu", type_
    bavard = api.client.generic(
        "POST", "/api/v1/offres/", b"{}", content_type="Application/JSON; charset=latin-1", **api.entetes
    )
    assert bavard.status_code == 415


MODIFIES = {
    "offres": OffreModificationSerializer, "actions": ActionModificationSerializer,
    "sessions": SessionModificationSerializer,
    "contacts": ContactModificationSerializer, "adresses": AdresseModificationSerializer,
}  # fmt: skip


@pytest.mark.parametrize("tordu", TORDUS, ids=lambda tordu: repr(tordu)[:20])
def test_chaque_champ_avec_une_valeur_tordue(api, monde, tordu):
    cles = {
        "offres": monde.offre,
        "actions": monde.action,
        "sessions": monde.session(),
        "contacts": monde.contact,
        "adresses": monde.lieu,
    }
    for liste, serializer in MODIFIES.items():
        adresse = f"{liste}/{cles[liste].pk}/"
        assert est_un_probleme(api("PATCH", adresse, dict.fromkeys((*serializer().fields, "inconnu"), tordu)))
        # The fields that accept this type of value are validated by the form.
        du_type = [
            nom
            for nom, champ in serializer().fields.items()
            if isinstance(champ, ChampJSON) and _s_ecrit(champ, tordu, monde)
        ]
        reponse = api("PATCH", adresse, dict.fromkeys(du_type, tordu))
        assert reponse.status_code == 200 or est_un_probleme(reponse), (adresse, du_type)


def _s_ecrit(champ, valeur, monde):
    try:
        return champ.taper(valeur, Liens(monde.organisme)) is not None
    except MauvaisType:
        return False


LISTES = (
    OffreVue,
    ActionVue,
    SessionVue,
    ContactVue,
    AdresseVue,
    CertificationVue,
    FormationVue,
    PublicationVue,
)


@pytest.mark.parametrize("vue", LISTES)
def test_chaque_parametre_avec_une_valeur_tordue(api, monde, vue):
    for tordu in (t for t in TORDUS if not isinstance(t, (list, dict))):
        valeur = quote(str(tordu)[:4000])
        for nom in ("dry_run", *(parametre.nom for parametre in vue.docs["lister"].parametres)):
            reponse = api("GET", f"{vue.ressource}/?{nom}={valeur}")
            assert reponse.status_code == 200 or est_un_probleme(reponse), (nom, tordu)


@pytest.mark.parametrize(
    "tordu", [t for t in TORDUS if not isinstance(t, (list, dict))], ids=lambda tordu: repr(tordu)[:20]
)
def test_une_cle_et_un_identifiant_tordus(api, monde, tordu):
    valeur = quote(str(tordu)[:4000])
    for adresse in (f"offres/{valeur}/", f"sessions/1{valeur}/", f"formations/{valeur}9/"):
        reponse = api("GET", adresse)
        assert reponse.status_code in {200, 301} or est_un_probleme(reponse)
    for methode in ("GET", "PUT"):
        for adresse in (
            f"offres/par-identifiant/?identifiant={valeur}",
            f"sessions/par-identifiant/?offre={valeur}&action=a&identifiant={valeur}",
        ):
            reponse = api(methode, adresse, {} if methode == "PUT" else None)
            assert reponse.status_code in {200, 201} or est_un_probleme(reponse)


def test_les_entetes_tordus(api, monde):
    adresse = f"offres/{monde.offre.pk}/"
    for tag in ("", "x", '"', '"1', "W/", "W/W/1", '"9999999999999"', "\xe9", ",", '"1", "2"', "*", "٣"):
        reponse = api("PATCH", adresse, {}, if_match=tag)
        assert reponse.status_code == 200 or est_un_probleme(reponse)
        assert api("GET", adresse, if_none_match=tag).status_code in {200, 304}


def test_les_methodes_que_l_adresse_n_a_pas(api, monde):
    for adresse in (
        "offres/",
        f"offres/{monde.offre.pk}/",
        "publications/",
        f"sessions/{monde.session().pk}/ouvrir/",
        "offres/par-identifiant/",
    ):
        for methode in (
            "TRACE",
            "OPTIONS",
            "PROPFIND",
            "DELETE" if "publi" in adresse or adresse == "offres/" else "TRACE",
        ):
            refus = api(methode, adresse)
            assert refus.status_code == 405 and est_un_probleme(refus) and refus.headers["Allow"], (
                methode,
                adresse,
            )
    # Read-only URLs do no CSRF check: they refuse the method, not the origin.
    for adresse in ("", "schema/", "documentation/"):
        for origine in ("0", "https://ailleurs.example", "null"):
            refus = Client(enforce_csrf_checks=True).post(f"/api/v1/{adresse}", HTTP_ORIGIN=origine)
            assert refus.status_code == 405, (adresse, origine)


def test_une_adresse_inconnue_le_dit_en_json(api):
    for adresse in (
        "offres",
        "rien/",
        "offres/a/",
        "offres/1/rien/",
        "offres/1%0A/",
        "%FF/",
        "../../etc/passwd",
    ):
        for methode in ("GET", "POST", "DELETE"):
            reponse = Client().generic(methode, f"/api/v1/{adresse}")
            assert (
                reponse.status_code == 404 and reponse.headers["Content-Type"] == "application/problem+json"
            ), adresse


def test_ce_que_django_refuse_et_ce_qui_casse_aussi(api, monde, monkeypatch):
    etranger = Client().get("/api/v1/", HTTP_HOST="autre.example")
    assert (etranger.status_code, etranger.headers["Content-Type"]) == (400, "application/problem+json")
    monkeypatch.setattr("api.views.offres.OffreVue.lister", lambda *a: 1 / 0)
    api.client.raise_request_exception = False
    panne = api("GET", "offres/")
    assert (panne.status_code, panne.lu["code"]) == (500, "erreur_interne") and "incident" in panne.lu[
        "detail"
    ]
    monkeypatch.setattr("api.views.offres.OffreVue.lister", _sans_base)
    attente = api("GET", "offres/")
    assert (attente.status_code, attente.lu["code"], attente.headers["Retry-After"]) == (
        503,
        "indisponible",
        "60",
    )


def _sans_base(*rien):
    raise OperationalError


def test_un_contact_utilise_ne_se_supprime_pas(api, monde):
    refus = api("DELETE", f"contacts/{monde.contact.pk}/")
    assert (refus.status_code, refus.lu["detail"]) == (
        409,
        "Des fiches utilisent ce contact : remplacez-le d'abord.",
    )
    assert refus.lu["raisons"][0]["bloque"]["identifiant"] == "ACTION-1"
    contact = Contact.objects.create(
        organisme=monde.organisme, prenom="A", nom="B", telephone_fixe="0149800000", courriel="a@b.example"
    )
    lu = api("GET", f"contacts/{contact.pk}/")
    assert api("PATCH", f"contacts/{contact.pk}/", {"nom": "C"}, if_match=lu.headers["ETag"]).lu["nom"] == "C"
    assert (
        api("PATCH", f"contacts/{contact.pk}/", {"nom": "D"}, if_match=lu.headers["ETag"]).status_code == 412
    )
    assert (
        api("DELETE", f"contacts/{contact.pk}/?dry_run=true").status_code == 204
        and Contact.objects.filter(pk=contact.pk).exists()
    )
    assert (
        api("DELETE", f"contacts/{contact.pk}/").status_code == 204
        and not Contact.objects.filter(pk=contact.pk).exists()
    )
