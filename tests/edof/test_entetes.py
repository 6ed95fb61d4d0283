"""Tests of the headers of every response: a page, a redirect, a static file, a refusal, an error."""

import gzip
import re

import pytest
from django.test import Client

from catalogue.cycle_de_vie import executer
from organismes.droits import Operation

PARTOUT = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
ANONYME, GESTIONNAIRE = "anonyme", "gestionnaire"
# (user, request, expected status); « {…} » stands for the primary keys of the small world.
REPONSES = [
    (ANONYME, ("get", "/formations/"), 200),
    (ANONYME, ("get", "/sante/"), 200),
    (ANONYME, ("get", "/connexion/"), 200),
    (ANONYME, ("get", "/catalogue/"), 302),
    (ANONYME, ("get", "/formations"), 301),
    (ANONYME, ("post", "/catalogue/offres/ajouter/", {"a": "b"}), 401),
    (ANONYME, ("get", "/static/css/base.css"), 200),
    (ANONYME, ("post", "/static/css/base.css"), 405),
    (ANONYME, ("get", "/static/nulle-part.css"), 404),
    (ANONYME, ("get", "/nulle-part/"), 404),
    (ANONYME, ("get", "/formations/", {}, {"HTTP_HOST": "pas.chez.nous"}), 400),
    (ANONYME, ("get", "/formations/", {}, {"HTTP_HOST": "pas chez nous"}), 400),
    (ANONYME, ("get", "/casser/400/"), 400),
    (ANONYME, ("get", "/casser/403/"), 403),
    (ANONYME, ("get", "/casser/500/"), 500),
    (ANONYME, ("get", "/casser/503/"), 503),
    (ANONYME, ("post", "/formations/"), 405),
    (GESTIONNAIRE, ("get", "/"), 200),
    (GESTIONNAIRE, ("get", "/formations/"), 200),
    (GESTIONNAIRE, ("get", "/nulle-part/"), 404),
    (GESTIONNAIRE, ("get", "/deconnexion/"), 405),
    (GESTIONNAIRE, ("delete", "/catalogue/"), 405),
    (GESTIONNAIRE, ("get", "/catalogue/sessions/999999/"), 404),
    (GESTIONNAIRE, ("get", "/admin/"), 403),
    (GESTIONNAIRE, ("post", "/carnet/contacts/ajouter/", {"nom": ""}), 422),
    (GESTIONNAIRE, ("post", "/carnet/contacts/ajouter/", {"nom": "a" * 3_000_000}), 413),
    (GESTIONNAIRE, ("post", "/catalogue/sessions/{session}/archiver/"), 302),
]


@pytest.fixture
def repondre(monde, settings):
    """Return a function that sends a request of REPONSES over HTTPS, as in production."""
    settings.ROOT_URLCONF = "tests.pannes"
    settings.SECURE_HSTS_SECONDS = 31_536_000

    def _repondre(qui, demande):
        client = Client(raise_request_exception=False)
        if qui == GESTIONNAIRE:
            client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        methode, adresse, *reste = demande
        donnees, autres = (*reste, {}, {})[:2]
        if "{session}" in adresse:
            adresse = adresse.format(
                session=executer(monde.session(), Operation.OUVRIR, par=monde.gestionnaire).pk
            )
        reponse = getattr(client, methode)(adresse, donnees, secure=True, **autres)
        if reponse.streaming:
            list(reponse.streaming_content)
        return reponse

    return _repondre


@pytest.mark.parametrize(("qui", "demande", "code"), REPONSES, ids=lambda cas: str(cas)[:60])
def test_chaque_reponse_porte_les_entetes(repondre, qui, demande, code):
    reponse = repondre(qui, demande)
    assert reponse.status_code == code
    assert {nom: reponse.headers.get(nom) for nom in PARTOUT} == PARTOUT
    politique = dict(regle.split(" ", 1) for regle in reponse.headers["Content-Security-Policy"].split("; "))
    assert politique["default-src"] == politique["frame-ancestors"] == politique["base-uri"] == "'none'"
    assert politique["script-src"] == politique["style-src"] == politique["form-action"] == "'self'"
    assert "unsafe" not in str(politique)
    assert {"camera=()", "geolocation=()", "microphone=()"} <= set(
        reponse.headers["Permissions-Policy"].split(", ")
    )
    assert reponse.headers["Strict-Transport-Security"].startswith("max-age=31536000")
    assert "Server" not in reponse.headers and "Access-Control-Allow-Origin" not in reponse.headers


def test_un_faux_hote_refuse_avant_la_redirection_vers_https_aussi(repondre, settings):
    settings.SECURE_SSL_REDIRECT = True
    reponse = Client(raise_request_exception=False).get("/formations/", HTTP_HOST="pas.chez.nous")
    assert reponse.status_code == 400 and {nom: reponse.headers.get(nom) for nom in PARTOUT} == PARTOUT
    assert "Content-Security-Policy" in reponse.headers and "Permissions-Policy" in reponse.headers


@pytest.mark.parametrize(
    ("qui", "adresse", "attendu"),
    [
        (ANONYME, "/formations/", "public, no-cache"),
        (ANONYME, "/aide/navigateurs/", None),
        (ANONYME, "/catalogue/", "no-store"),
        (GESTIONNAIRE, "/formations/", "public, no-cache"),
        (GESTIONNAIRE, "/formations/verifier/", "private, no-cache"),
        (GESTIONNAIRE, "/", "no-store"),
        (GESTIONNAIRE, "/catalogue/", "no-store"),
        (GESTIONNAIRE, "/catalogue/certifications/?q=a", "no-store"),
        (GESTIONNAIRE, "/catalogue/sessions/999999/", "no-store"),
        (GESTIONNAIRE, "/nulle-part/", "no-store"),
        (GESTIONNAIRE, "/admin/", "no-store"),
    ],
)
def test_ce_qui_est_prive_n_est_garde_nulle_part(repondre, qui, adresse, attendu):
    cache = repondre(qui, ("get", adresse)).headers.get("Cache-Control")
    assert cache == attendu or (attendu == "no-store" and "no-store" in (cache or ""))


def test_la_page_pour_se_reconnecter_garde_ce_qui_etait_tape_mais_pas_le_cache(repondre):
    reponse = repondre(ANONYME, ("post", "/catalogue/offres/ajouter/", {"intitule": "Secret"}))
    assert "Secret" in reponse.content.decode() and reponse.headers["Cache-Control"] == "no-store"


def test_les_cookies_ne_se_lisent_ni_ne_s_envoient_d_ailleurs(client, monde):
    client.get("/connexion/")
    reponse = client.post(
        "/connexion/", {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe"}
    )
    client.cookies.update(reponse.cookies)
    assert set(client.cookies) == {"sessionid", "csrftoken", "appareil"}
    assert all(
        cookie["httponly"] and cookie["samesite"] == "Lax" and not cookie["domain"]
        for cookie in client.cookies.values()
    )


@pytest.mark.django_db
def test_une_page_compressee_est_la_meme():
    client = Client()
    pleine = client.get("/connexion/")
    for accepte in ("gzip", "br, gzip;q=0.5"):
        reponse = client.get("/connexion/", HTTP_ACCEPT_ENCODING=accepte)
        assert reponse.headers["Content-Encoding"] == "gzip"
        assert "Accept-Encoding" in reponse.headers["Vary"] and "Cookie" in reponse.headers["Vary"]
        assert "Se connecter" in gzip.decompress(reponse.content).decode()
        assert len(reponse.content) < len(pleine.content) / 2
        tete = client.head("/connexion/", HTTP_ACCEPT_ENCODING=accepte)
        assert tete.headers["Content-Encoding"] == "gzip" and tete.content == b""
        assert int(tete.headers["Content-Length"]) < len(pleine.content) / 2
    assert "Content-Encoding" not in pleine.headers


@pytest.mark.django_db
def test_la_longueur_et_le_jeton_changent_a_chaque_page():
    """Check what makes compressed pages safe from BREACH: a random length, a token masked anew."""
    reponses = [Client().get("/connexion/", HTTP_ACCEPT_ENCODING="gzip") for _ in range(12)]
    assert len({len(reponse.content) for reponse in reponses}) > 2
    client = Client()
    pages = [client.get("/connexion/").content.decode() for _ in range(3)]
    jetons = [re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)[1] for page in pages]
    assert len(set(jetons)) == 3
