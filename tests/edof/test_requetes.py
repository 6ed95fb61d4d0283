"""Tests of the encoding of requests: the URL is always read as UTF-8, and an ambiguous body is refused."""

import json
from urllib.parse import quote

import pytest
from django.test import Client
from django.urls import reverse

from catalogue.models import Offre
from tests.api.client import Programme, jeton_de

# Codecs of Python that are not HTTP charsets, an unknown one, and two that real programs send.
CHARSETS = [
    "hex", "rot13", "bz2", "idna", "undefined", "nonsense", "punycode", "base64", "iso-8859-1",
    "windows-1252", "utf-16", "\xe9",
]  # fmt: skip
# Django cannot parse these parameters when it builds a request.
INDECHIFFRABLES = [
    "charset*=nonsense''x", "charset*=undefined''%E9", "a*=idna''%E9",
    "charset*0*=hex''; charset*1=x", "charset*=hex''x",
]  # fmt: skip


@pytest.fixture
def api(monde):
    return Programme(jeton_de(monde)[1])


@pytest.mark.parametrize("charset", CHARSETS)
def test_le_charset_ne_dit_rien_de_l_adresse(client, monde, charset):
    monde.offre.intitule = "Méthodes de travail"
    monde.offre.save()
    client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    type_ = f"text/plain; charset={charset}"
    for adresse in ("/catalogue/?q=m%C3%A9thodes", "/formations/?q=m%C3%A9thodes", "/sante/"):
        reponse = client.get(adresse, CONTENT_TYPE=type_)
        assert reponse.status_code in {200, 302}, adresse
        if "?q=" in adresse:
            assert 'value="méthodes"' in reponse.content.decode()
    trouvees = client.get("/catalogue/?q=m%C3%A9thodes", CONTENT_TYPE=type_)
    assert "Méthodes de travail" in trouvees.content.decode()


@pytest.mark.parametrize("charset", CHARSETS)
def test_un_corps_qui_n_est_pas_en_utf_8_est_refuse(api, monde, charset):
    for methode, adresse in (
        ("PUT", f"offres/par-identifiant/?identifiant={quote('Hélène')}"),
        ("PUT", f"contacts/par-identifiant/?identifiant={quote('Hélène')}"),
        ("POST", "offres/"),
        ("PATCH", f"offres/{monde.offre.pk}/"),
        ("POST", f"offres/{monde.offre.pk}/valider/"),
    ):
        type_ = f"application/json; charset={charset}"
        corps = b'{"intitule": "x"}'
        refus = api.client.generic(methode, f"/api/v1/{adresse}", corps, content_type=type_, **api.entetes)
        assert refus.status_code == 415 and json.loads(refus.content)["code"] == "type_de_contenu", adresse
    assert not Offre.objects.exclude(pk=monde.offre.pk).exists()
    type_ = f"application/x-www-form-urlencoded; charset={charset}"
    page = Client().generic("POST", "/connexion/", b"username=a", content_type=type_)
    assert page.status_code == 415 and page.headers["X-Frame-Options"] == "DENY"
    assert "en UTF-8 et sans compression" in page.content.decode()


@pytest.mark.parametrize("charset", ["utf-8", "UTF-8", '"utf-8"', "utf8"])
def test_utf_8_s_ecrit_de_plusieurs_facons(api, charset):
    adresse = f"/api/v1/offres/par-identifiant/?identifiant={quote('Hélène')}"
    type_ = f"application/json; charset={charset}"
    assert api.client.generic("PUT", adresse, b"{}", content_type=type_, **api.entetes).status_code == 201
    assert Offre.objects.filter(identifiant="Hélène").exists()
    type_ = f"application/x-www-form-urlencoded; charset={charset}"
    assert Client().generic("POST", "/connexion/", "username=é", content_type=type_).status_code == 422


@pytest.mark.django_db
@pytest.mark.parametrize("parametre", INDECHIFFRABLES)
def test_un_content_type_que_django_ne_sait_pas_lire(parametre):
    client = Client(raise_request_exception=False)
    reponse = client.get("/formations/?q=m%C3%A9thodes", CONTENT_TYPE=f"text/plain; {parametre}")
    assert reponse.status_code == 200 and 'value="méthodes"' in reponse.content.decode()
    for chemin in ("/connexion/", "/api/v1/offres/", "/nulle-part/"):
        type_ = f"multipart/form-data; boundary=x; {parametre}"
        refus = client.generic("POST", chemin, b"--x--", content_type=type_)
        # A parameter that can be parsed but is not used must not cause a server error.
        assert 400 <= refus.status_code < 500 and "Content-Security-Policy" in refus.headers
    assert client.get("/nulle-part/", HTTP_ACCEPT=f"text/html; {parametre}").status_code == 404


def test_un_corps_compresse_est_refuse(api, monde):
    for codage in ("gzip", "br", "GZIP", "identity, deflate", "rien"):
        refus = api("PUT", "offres/par-identifiant/?identifiant=X", b"\x1f\x8b", content_encoding=codage)
        assert (refus.status_code, refus.lu["code"]) == (415, "type_de_contenu")
        assert refus.headers["Accept-Encoding"] == "identity"
        assert Client().post("/connexion/", {"a": "b"}, HTTP_CONTENT_ENCODING=codage).status_code == 415
    permis = api("PUT", "offres/par-identifiant/?identifiant=X", {}, content_encoding="identity")
    assert permis.status_code == 201


def test_un_corps_sans_longueur_n_est_pas_pris_pour_un_corps_vide(api, monde):
    """Check that a `Transfer-Encoding: chunked` request is refused.

    Django reads nothing of such a body, and PUT would empty the record.
    """
    refus = api("PUT", f"offres/{monde.offre.pk}/", b"", transfer_encoding="chunked")
    assert (refus.status_code, refus.lu["code"]) == (411, "longueur_absente")
    assert Client().post("/connexion/", HTTP_TRANSFER_ENCODING="chunked").status_code == 411


@pytest.mark.parametrize("octets", ["H%E9l", "%FF", "a%C3", "%ED%A0%80"])
def test_une_adresse_qui_n_est_pas_en_utf_8(api, monde, octets):
    for adresse in (f"{nom}/par-identifiant/?identifiant={octets}" for nom in ("offres", "contacts")):
        for methode in ("GET", "PUT"):
            refus = api(methode, adresse, {} if methode == "PUT" else None)
            assert (refus.status_code, refus.lu["code"]) == (400, "parametre_invalide")
            assert "n'est pas écrit en UTF-8" in refus.lu["detail"]
    assert Client().get(f"/formations/?q={octets}").status_code == 200


def test_head_repond_comme_get_sur_chaque_page_publique(client, monde):
    pages = ("formations", "sante", "verifier", "connexion", "aide_navigateurs", "mot_de_passe_oublie")
    for nom in (*pages, "api", "api_schema", "api_formations"):
        get, head = (getattr(client, methode)(reverse(nom)) for methode in ("get", "head"))
        assert (get.status_code, head.status_code, head.content) == (200, 200, b""), nom
        assert head.headers.keys() == get.headers.keys()
        assert head.headers["Content-Type"] == get.headers["Content-Type"]
    assert client.head("/nulle-part/").status_code == 404
    assert client.head("/static/css/base.css").status_code == 200
