"""Tests of the OpenAPI description and of the page that renders it.

It is complete, in French, with a valid example for each operation.
"""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

from api.urls import urlpatterns
from api.views.documentation import _schema
from edof.problemes import CODES

ANGLAIS = re.compile(r"\b(the|of|an|is|are|not|with|what|whether|field|record|response|request)\b", re.I)


def operations():
    schema = _schema()
    for adresse, methodes in schema["paths"].items():
        for methode, operation in methodes.items():
            yield f"{methode} {adresse}", operation


def test_openapi_3_1_en_json_et_en_yaml(client):
    lu = client.get("/api/v1/schema/").json()
    assert (
        lu["openapi"].startswith("3.1")
        and lu == yaml.safe_load(client.get("/api/v1/schema/?format=yaml").content) == _schema()
    )


def test_chaque_adresse_est_decrite():
    decrites = {
        adresse.removeprefix("/api/v1/").replace("{id}", "<int:id>") for adresse in _schema()["paths"]
    }
    assert decrites == {
        str(motif.pattern) for motif in urlpatterns if "Vue" in str(getattr(motif.callback, "cls", ""))
    }


def test_chaque_operation_a_des_exemples_qui_tiennent():
    composants = _schema()["components"]
    for nom, operation in operations():
        contenus = [
            operation.get("requestBody", {}).get("content", {}),
            *(r.get("content", {}) for r in operation["responses"].values()),
        ]
        for media in (media for contenu in contenus for media in contenu.values()):
            erreurs = jsonschema.Draft202012Validator(
                {**media["schema"], "components": composants}
            ).iter_errors(media["example"])
            assert [(nom, erreur.message) for erreur in erreurs] == []


def test_tout_est_dit_en_francais():
    for nom, operation in operations():
        textes = [
            operation["summary"],
            operation.get("description", ""),
            *(p["description"] for p in operation["parameters"]),
        ]
        assert operation["summary"] and not [texte for texte in textes if ANGLAIS.search(texte)], nom
    for nom, composant in _schema()["components"]["schemas"].items():
        textes = [str(champ.get("description", "")) for champ in composant.get("properties", {}).values()]
        assert not [texte for texte in textes if ANGLAIS.search(texte)], nom


def test_chaque_refus_est_declare():
    declares = {statut for _, operation in operations() for statut in operation["responses"] if statut >= "4"}
    # These do not belong to any operation.
    assert declares == {str(statut) for statut, _, _ in CODES.values()} - {"405", "500", "503"}


def test_la_page_montre_chaque_operation_et_chaque_code(client):
    page = client.get("/api/v1/documentation/")
    texte = page.content.decode()
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]
    for _, operation in operations():
        assert f'id="{operation["operationId"]}"' in texte
    for code in CODES:
        assert f'id="erreur-{code}"' in texte
    ancres, liens = set(re.findall(r'id="([^"]+)"', texte)), set(re.findall(r'href="#([^"]+)"', texte))
    assert liens <= ancres and len(re.findall(r' id="', texte)) == len(ancres)


def test_l_accueil_de_l_api_dit_ou_tout_est(client, db):
    lu = client.get("/api/v1/").json()
    for nom in ("offres", "sessions", "formations", "schema", "documentation"):
        assert client.get(lu[nom]).status_code in {200, 401}


def test_rien_que_du_json(client, db):
    reponse = client.get("/api/v1/formations/", HTTP_ACCEPT="text/html")
    assert reponse.headers["Content-Type"] == "application/json"
    assert "BrowsableAPIRenderer" not in (Path(__file__).parents[2] / "edof/settings.py").read_text()


@pytest.mark.parametrize(
    ("type_", "codage"),
    [
        ("application/json; charset=utf-16", ""),
        ("application/json", "gzip"),
        ("text/csv; charset=latin-1", ""),
    ],
)
def test_un_corps_qui_serait_mal_lu_est_refuse_par_chaque_ecriture(client, type_, codage):
    """Every write refuses a charset that is not UTF-8 and a compressed body, imports and lots included."""
    ecritures = [nom.split() for nom, _ in operations() if not nom.startswith("get")]
    assert len(ecritures) > 50
    for methode, adresse in ecritures:
        entetes = {"HTTP_CONTENT_ENCODING": codage} if codage else {}
        reponse = client.generic(
            methode.upper(), adresse.replace("{id}", "1"), b"{}", content_type=type_, **entetes
        )
        assert (reponse.status_code, reponse.json()["code"]) == (415, "type_de_contenu"), (methode, adresse)
