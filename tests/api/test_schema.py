"""Tests of the OpenAPI description and of the page that renders it.

It is complete, in French, with a valid example for each operation.
"""

import datetime as dt
import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.utils.html import escape
from drf_spectacular.generators import SchemaGenerator
from openapi_spec_validator import validate

from api import versions
from api.codes import LANGAGES
from api.evenements import contenu_de
from api.refus import EXPLICATIONS
from api.urls import urlpatterns
from api.versions import Retrait
from api.views.documentation import _operations, _schema
from crochets.evenements import TYPES
from edof.problemes import CODES, Probleme
from edof.templatetags.affichage import insecables
from organismes.models import Contact
from tests.api.client import jeton_de
from tests.conftest import Monde

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


def test_le_schema_est_un_openapi_valable():
    validate(_schema())
    # Two lists of values of one name: the generator gives them a name that changes with them.
    assert not [nom for nom in _schema()["components"]["schemas"] if re.search("[0-9A-F]{3}Enum$", nom)]


def test_les_regles_de_redocly(tmp_path):
    """Its recommended rules, without an error nor a warning; but one (tests/api/redocly.yaml)."""
    programme = settings.VAR / "outils/node_modules/.bin/redocly"
    if not programme.exists():
        pytest.skip("Redocly CLI est absent (npm, @redocly/cli)")
    schema = tmp_path / "schema.json"
    # The address of a test is « localhost », which the rules warn about.
    schema.write_text(json.dumps({**_schema(), "servers": [{"url": "https://catalogue.edof"}]}))
    regles = Path(__file__).parent / "redocly.yaml"
    fait = subprocess.run(
        [programme, "lint", schema, "--config", regles, "--max-problems", "20", "--format", "stylish"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"},
    )
    assert fait.returncode == 0 and "warning" not in fait.stderr.replace("Deprecation warning", ""), (
        fait.stdout + fait.stderr
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


def test_ce_qui_remplace_une_fiche_la_dit_entiere():
    """An example of PUT that is copied must not empty what it does not name."""
    exemples = {
        nom: operation["requestBody"]["content"]["application/json"]["example"]
        for nom, operation in operations()
        if "requestBody" in operation and "application/json" in operation["requestBody"]["content"]
    }
    for ressource in ("offres", "actions", "sessions"):
        creation = {*exemples[f"post /api/v1/{ressource}/"]} - {"offre", "action", "identifiant"}
        for adresse in (f"/api/v1/{ressource}/{{id}}/", f"/api/v1/{ressource}/par-identifiant/"):
            assert creation <= {*exemples[f"put {adresse}"]}, adresse
        assert len(exemples[f"patch /api/v1/{ressource}/{{id}}/"]) < len(creation)


def test_tout_est_dit_en_francais():
    for nom, operation in operations():
        textes = [
            operation["summary"],
            operation.get("description", ""),
            *(p["description"] for p in operation.get("parameters", ())),
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
        assert f'href="/api/v1/documentation/erreurs/{code}/"' in texte
    ancres, liens = set(re.findall(r'id="([^"]+)"', texte)), set(re.findall(r'href="#([^"]+)"', texte))
    assert liens <= ancres and len(re.findall(r' id="', texte)) == len(ancres)


def test_la_page_montre_de_chaque_evenement_ce_qu_il_envoie(client):
    page = client.get("/api/v1/documentation/").content.decode()
    for type_ in TYPES:
        bloc = page.split(f'id="recevoir_{type_.replace(".", "_")}"')[1].split("</details>")[0]
        if renvoi := re.search(r'Ceux de « <a href="#([^"]+)"', bloc):
            bloc += page.split(f'id="{renvoi[1]}"')[1].split("</details>")[0]
        champs = contenu_de(type_)["properties"]["data"]["properties"]
        dits = set(re.findall(r"<code>(\w+)</code>", bloc))
        assert set(champs) <= dits, type_
        assert not ({"statut", "version"} - set(champs)) & dits, type_


def test_la_recherche_filtre_sans_script(client):
    page = client.get("/api/v1/documentation/?q=SÉRIE+créer&langage=python").content.decode()
    trouvees = re.findall(r'<details\s+class="operation"\s+id="([^"]+)"', page)
    assert "creer_une_serie_actions" in trouvees and len(trouvees) < 10 and "lister_offres" not in trouvees
    assert re.search(r'value="python"\s+checked', page) and "Tout montrer" in page
    # Fields that another operation would show are shown by the first that was found.
    erreurs = client.get("/api/v1/documentation/?q=409+divergence").content.decode()
    assert 'id="erreur-divergence"' in erreurs and 'id="erreur-validation"' not in erreurs
    ancres, liens = set(re.findall(r'id="([^"]+)"', page)), set(re.findall(r'href="#([^"]+)"', page))
    assert liens <= ancres
    rien = client.get("/api/v1/documentation/?q=zzz").content.decode()
    assert "0\u00a0résultat" in rien and '<details\n  class="operation"' not in rien


def test_chaque_erreur_a_sa_page(client):
    assert set(EXPLICATIONS) == set(CODES)
    for code, (statut, titre, _) in CODES.items():
        adresse = Probleme(code).en_json()["type"]
        page = client.get(adresse)
        assert page.status_code == 200 and f"({statut})" in page.content.decode()
        assert escape(insecables(titre)) in page.content.decode()
    assert client.get("/api/v1/documentation/erreurs/rien/").status_code == 404


def test_chaque_operation_a_un_exemple_qui_se_lit_dans_chaque_langage(tmp_path):
    """Python and the shell read every example; node too, when it is there."""
    scripts = {langage: [] for langage in LANGAGES}
    for operation in _operations():
        for code in operation["codes"]:
            scripts[code["langage"]].append(code["texte"])
    assert {len(textes) for textes in scripts.values()} == {sum(1 for _ in operations())}
    for texte in scripts["python"]:
        compile(texte, "exemple.py", "exec")
    lus = [("bash", ["-n"], "\n".join(scripts["curl"]), "sh")]
    if shutil.which("node"):
        blocs = "\n".join(f"async () => {{\n{texte}\n}};" for texte in scripts["javascript"])
        lus.append(("node", ["--check"], blocs, "mjs"))
    for programme, options, texte, suffixe in lus:
        script = tmp_path / f"exemples.{suffixe}"
        script.write_text(texte)
        lu = subprocess.run([programme, *options, script], capture_output=True, text=True, check=False)
        assert lu.returncode == 0, lu.stderr[-2000:]


@pytest.mark.django_db(transaction=True)
def test_un_exemple_en_python_fait_ce_qu_il_dit(live_server):
    monde = Monde()
    textes = {
        operation["ancre"]: operation["codes"][1]["texte"]
        for operation in _operations()
        if operation["codes"]
    }
    commun = {"API": f"{live_server.url}/api/v1", "JETON": jeton_de(monde)[1]}
    for nom in ("deposer_contacts", "retrouver_contacts", "lister_formations"):
        lu = dict(commun)
        exec(f"import uuid\nimport requests\n{textes[nom]}", lu)  # noqa: S102
        assert lu["reponse"].ok
    assert Contact.objects.filter(organisme=monde.organisme, identifiant="Service Inscriptions").exists()


def test_les_evenements_sont_decrits():
    webhooks = _schema()["webhooks"]
    assert set(webhooks) == set(TYPES)
    for appel in webhooks.values():
        media = appel["post"]["requestBody"]["content"]["application/json"]
        jsonschema.validate(media["example"], media["schema"])
        assert not ANGLAIS.search(appel["post"]["summary"] + appel["post"]["description"])


@pytest.mark.django_db
def test_une_operation_depreciee_le_dit_partout(client, monkeypatch):
    """No operation is deprecated today: one is, for this test."""
    assert "Deprecation" not in client.get("/api/v1/formations/").headers
    fin = Retrait("lister_formations", dt.date(2027, 1, 1), dt.date(2027, 7, 1), "Appelez l'autre adresse.")
    monkeypatch.setattr(versions, "RETRAITS", (fin,))
    entetes = client.get("/api/v1/formations/").headers
    assert entetes["Deprecation"] == "@1798758000"
    assert entetes["Sunset"] == "Wed, 30 Jun 2027 22:00:00 GMT"
    assert re.fullmatch(
        r'<http\S+/api/v1/documentation/versions/>; rel="deprecation"; type="text/html", <.*"sunset".*',
        entetes["Link"],
    )
    assert client.get("/api/v1/formations/?inconnu=1").headers["Deprecation"]
    assert "Deprecation" not in client.get("/api/v1/offres/").headers
    assert "Appelez l&#x27;autre adresse." in client.get("/api/v1/documentation/versions/").content.decode()
    neuf = SchemaGenerator().get_schema(public=True)
    assert neuf["paths"]["/api/v1/formations/"]["get"]["deprecated"] is True


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
