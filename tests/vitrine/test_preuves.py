"""Tests of the proof of a parution: the file, its page, and the verification of arbitrary bytes."""

import hashlib
import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from catalogue.cycle_de_vie import executer
from organismes.droits import Operation
from publication.models import Contenu, Parution
from publication.passages import publier
from publication.preuves import OCTETS_AU_PLUS, canonique
from tests.outils import texte
from tests.publication.test_en_ligne import APRES, client_, monde_date, monde_date_du_fichier  # noqa: F401
from tests.publication.test_publication import a, jour

VERIFIER = "/formations/verifier/"


@pytest.fixture
def fichier(client_):  # noqa: F811
    """Return the bytes of the proof of the parution that is still open."""
    reponse = client_.get(f"/en-ligne/preuves/{Parution.objects.get(au=None).pk}/fichier/")
    assert reponse.status_code == 200 and reponse["Content-Type"] == "application/json"
    return reponse.content


def envoyer(octets, comme="fichier"):
    """Return the response of the verification to these bytes."""
    donnees = {comme: SimpleUploadedFile("p.json", octets) if comme == "fichier" else octets.decode()}
    return Client().post(VERIFIER, donnees)


def scelle(preuve):
    """Return the bytes of the proof with a correct digest, which anybody can compute."""
    reste = {cle: valeur for cle, valeur in preuve.items() if cle != "sha256"}
    return json.dumps({**reste, "sha256": hashlib.sha256(canonique(reste)).hexdigest()}).encode()


@pytest.mark.exigence("D-21")
def test_le_fichier_est_canonique_et_dit_tout(fichier):
    preuve = json.loads(fichier)
    parution = Parution.objects.get(au=None)
    assert fichier == canonique(preuve)
    assert (preuve["parution"], preuve["du"], preuve["au"]) == (parution.pk, "2027-03-13", None)
    assert preuve["organisme"] == {"raison_sociale": "Institut", "siret": "41234567800019"}
    assert (
        preuve["contenu"]["offre"]["intitule"] == "Électricité générale" and "Électricité".encode() in fichier
    )
    empreinte = preuve.pop("sha256")
    assert empreinte == hashlib.sha256(canonique(preuve)).hexdigest()


def test_la_page_se_lit_et_s_imprime(client_, fichier):  # noqa: F811
    parution = Parution.objects.get(au=None)
    page = texte(client_.get(f"/en-ligne/preuves/{parution.pk}/"))
    for phrase in (
        "Preuve de parution",
        "En ligne depuis le 13 mars 2027",
        "SIRET 41234567800019",
        json.loads(fichier)["sha256"],
        VERIFIER,
    ):
        assert phrase in page
    close = Parution.objects.exclude(au=None).earliest("du")
    assert "En ligne du 11 mars 2027 au 12 mars 2027 inclus." in texte(
        client_.get(f"/en-ligne/preuves/{close.pk}/")
    )
    reponse = client_.get(f"/en-ligne/preuves/{close.pk}/fichier/")
    assert (
        reponse["Content-Disposition"]
        == f'attachment; filename="preuve-printemps-2027-03-11-{close.pk}.json"'
    )


@pytest.mark.parametrize("comme", ["fichier", "texte"])
def test_une_preuve_est_authentique_meme_remise_en_forme(fichier, comme):
    for octets in (fichier, json.dumps(json.loads(fichier), indent=4).encode(), b"\xef\xbb\xbf" + fichier):
        reponse = envoyer(octets, comme)
        page = texte(reponse)
        assert reponse.status_code == 200 and "Cette preuve est authentique" in page
        assert (
            "En ligne depuis le 13 mars 2027" in page
            and "Électricité générale" in page
            and "a pris fin" not in page
        )


def test_la_fin_de_l_intervalle_ne_rend_pas_la_preuve_fausse(fichier, monde_date):  # noqa: F811
    with a(APRES, "12:00:00"):
        executer(
            monde_date.offre.actions.get().sessions.get(identifiant="printemps"),
            Operation.FERMER,
            par=monde_date.gestionnaire,
        )
    with a("2027-03-16", "05:00:00"):
        publier(jour("2027-03-16"), par="test")
        page = texte(envoyer(fichier))
        assert "Cette preuve est authentique" in page and "cette parution a pris fin" in page
        assert "En ligne du 13 mars 2027 au 15 mars 2027 inclus." in page
        # Altered, and closed since: the alteration is reported, not the end.
        assert "l'offre (" in texte(
            envoyer(
                scelle({**json.loads(fichier), "contenu": {**json.loads(fichier)["contenu"], "offre": {}}})
            )
        )


def _changer(chemin, valeur):
    def changer(preuve):
        *parents, cle = chemin.split(".")
        objet = preuve
        for parent in parents:
            objet = objet[parent]
        objet[cle] = valeur
        return preuve

    return changer


def _sans(chemin):
    def enlever(preuve):
        *parents, cle = chemin.split(".")
        objet = preuve
        for parent in parents:
            objet = objet[parent]
        del objet[cle]
        return preuve

    return enlever


ALTEREES = [
    (_changer("contenu.offre.intitule", "Autre"), "l'offre (intitulé"),
    (_changer("contenu.action.total_ttc", 1), "l'action (prix"),
    (_changer("contenu.action.lieu", None), "l'action (lieu de formation)"),
    (_changer("contenu.session.garantie", 1), "la session (garantie de session)"),
    (_changer("contenu.session.ajoute", "x"), "la session (un champ ajouté)"),
    (_changer("contenu.session", []), "la session"),
    (_changer("contenu", "rien"), "l'offre"),
    (_changer("du", "2027-03-12"), "le premier jour en ligne"),
    (_changer("au", "2027-03-15"), "le premier jour où elle n'est plus en ligne"),
    (_changer("organisme.siret", "0"), "l'organisme"),
    (_changer("plus", "x"), "un élément ajouté"),
    (_sans("contenu"), "la session"),
    (_sans("au"), "altérée"),
    (_sans("sha256"), "l'empreinte SHA-256"),
]


@pytest.mark.parametrize(("alterer", "partie"), ALTEREES, ids=range(len(ALTEREES)))
def test_ce_qui_est_altere_est_nomme_meme_scelle_de_nouveau(fichier, alterer, partie):
    alteree = alterer(json.loads(fichier))
    for octets in (json.dumps(alteree).encode(), *([scelle(alteree)] if "sha256" in alteree else [])):
        page = texte(envoyer(octets))
        assert "Cette preuve n'est pas authentique" in page and "Cette preuve est authentique" not in page
        if partie != "altérée":
            assert partie in page.split("Ce qui a été changé")[1].split("Fichier de la preuve")[0]


def test_l_empreinte_seule_alteree_se_dit(fichier):
    assert "l'empreinte SHA-256" in texte(
        envoyer(json.dumps({**json.loads(fichier), "sha256": "0" * 64}).encode())
    )


@pytest.mark.parametrize("numero", [0, -1, 10**6, 2**63, 10**30, "1", True, None, 1.0, [], {}])
def test_un_numero_que_ce_site_ne_connait_pas(fichier, numero):
    page = texte(envoyer(scelle({**json.loads(fichier), "parution": numero})))
    assert "n'est pas authentique" in page and "Ce site n'a aucune parution de ce numéro." in page


def test_le_contenu_de_la_base_altere_se_voit_aussi(fichier):
    Contenu.objects.filter(contenu__intitule="Électricité générale").update(
        contenu={"organisme": {}, "intitule": "Autre"}
    )
    assert "n'est pas authentique" in texte(envoyer(fichier))


ILLISIBLES = [
    b"\x00", b"\xff\xfe\x00\x01", b"{", b"[]", b"null", b'"texte"', b"{}", b'{"format": "autre"}',
    b"1" * 5000, b"[" * 100_000,
    b'{"a":' * 50_000, b"NaN", b'{"format": NaN}', b'{"format": 1e999}',
    b'{"format":"preuve-de-parution-1","format":"preuve-de-parution-1"}',
    b'{"format":"preuve-de-parution-1","parution":"\\ud800"}', b"\xf0\x9f", "é".encode("latin-1"),
    b"PK\x03\x04", b"<html>", bytes(range(256)),
]  # fmt: skip


@pytest.mark.parametrize("octets", ILLISIBLES, ids=range(len(ILLISIBLES)))
def test_tout_le_reste_est_refuse_gentiment(db, octets):
    reponse = envoyer(octets)
    assert reponse.status_code == 422
    page = reponse.content.decode()
    assert "preuve" in page.split('class="errorlist"')[1] and 'aria-invalid="true"' in page
    try:
        colle = octets.decode()
    except UnicodeDecodeError:
        return
    assert Client().post(VERIFIER, {"texte": colle}).status_code == 422


def test_une_cle_ecrite_deux_fois_est_refusee(fichier):
    double = fichier.replace(b'{"au":null', b'{"au":"2027-03-15","au":null', 1)
    assert double != fichier and envoyer(double).status_code == 422


@pytest.mark.parametrize(
    ("donnees", "phrase"),
    [
        ({}, "Choisissez le fichier d'une preuve, ou collez son texte."),
        ({"texte": "   "}, "Choisissez le fichier d'une preuve, ou collez son texte."),
        ({"fichier": SimpleUploadedFile("p.json", b"")}, "Ce fichier est vide."),
        (
            {"fichier": SimpleUploadedFile("p.json", b" " * (OCTETS_AU_PLUS + 1))},
            "Ce fichier est trop gros pour être une preuve : 512 Ko au plus.",
        ),
        (
            {"texte": "é" * (OCTETS_AU_PLUS // 2 + 1)},
            "Ce texte est trop long pour être une preuve : 512 Ko au plus.",
        ),
        ({"fichier": "pas un fichier"}, "Choisissez le fichier d'une preuve"),
    ],
)
def test_ce_qui_manque_ou_deborde_a_sa_phrase(db, donnees, phrase):
    reponse = Client().post(VERIFIER, donnees)
    assert reponse.status_code == 422 and phrase in texte(reponse)


def test_ce_qui_est_colle_reste_sous_les_yeux(db):
    assert (
        "{&quot;pas une&quot; preuve"
        in Client().post(VERIFIER, {"texte": '{"pas une" preuve'}).content.decode()
    )


def test_un_envoi_demesure_ou_mal_forme_n_est_jamais_une_panne(db):
    assert Client().post(VERIFIER, {"texte": "x" * 3_000_000}).status_code == 413
    assert Client().post(
        VERIFIER, b"\xff\x00", content_type="multipart/form-data; boundary=x"
    ).status_code in {400, 422}
    assert (
        Client().post(VERIFIER, b"%FF%00", content_type="application/x-www-form-urlencoded").status_code
        == 422
    )
    assert Client().post(VERIFIER, b"{}", content_type="application/json").status_code == 422
