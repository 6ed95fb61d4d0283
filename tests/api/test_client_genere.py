"""Test that a client made from the schema by openapi-python-client walks docs/api.md, from token to session.

What is sent is read in the document, so that both tell the same walk.
"""

import datetime as dt
import importlib
import json
import re
import subprocess
import sys
from typing import Any
from urllib.parse import parse_qsl

import pytest
from django.core.management import call_command

from api.views.documentation import _schema
from catalogue.models import Certification
from edof.horloge import aujourd_hui
from organismes.models import Qualiopi
from tests.api.client import jeton_de
from tests.api.test_document import DOCUMENT
from tests.conftest import Monde

PAQUET = "client_genere"


def envois() -> list[tuple[str, dict[str, str], str]]:
    """Return what the document sends by identifier and validates: resource, parameters, body."""
    texte = DOCUMENT.read_text()
    lus = re.findall(
        r'\nappeler -X PUT "\$API/(\w+)/par-identifiant/\?([^"]+)" -d \'(\{.*?\})\'', texte, re.S
    )
    return [(ressource, dict(parse_qsl(demande)), corps) for ressource, demande, corps in lus]


def session(du: dt.date, au: dt.date) -> tuple[dict[str, str], dict[str, Any]]:
    """Return the parameters and the body of the session of the document."""
    texte = DOCUMENT.read_text()
    demande = re.search(r'SESSION="\$API/sessions/par-identifiant/\?([^"]+)"', texte)[1]
    corps = re.search(r"CORPS='(\{.*?\})'", texte, re.S)[1]
    return dict(parse_qsl(demande)), json.loads(corps.replace("'$DU'", str(du)).replace("'$AU'", str(au)))


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Generate the client; return what imports one of its modules."""
    schema, reglages = tmp_path / "schema.json", tmp_path / "reglages.yaml"
    schema.write_text(json.dumps(_schema()))
    reglages.write_text("post_hooks: []")
    commande = [sys.executable, "-m", "openapi_python_client", "generate", "--meta", "none"]
    fait = subprocess.run(
        [*commande, "--path", schema, "--config", reglages, "--output-path", tmp_path / PAQUET],
        capture_output=True,
        text=True,
        check=False,
    )
    assert fait.returncode == 0, fait.stdout[-2000:]
    # The generator sends a file in one type alone: all it leaves out are the other types of an import.
    assert set(re.findall(r"WARNING parsing (.*?) within", fait.stdout)) <= {"POST /api/v1/imports/"}
    monkeypatch.syspath_prepend(tmp_path)
    yield lambda nom: importlib.import_module(f"{PAQUET}.{nom}")
    for nom in [nom for nom in sys.modules if nom.partition(".")[0] == PAQUET]:
        del sys.modules[nom]


@pytest.mark.django_db(transaction=True)
def test_un_client_genere_va_du_jeton_a_la_session_visible(live_server, settings, module):
    monde = Monde()
    Qualiopi.objects.create(
        organisme=monde.organisme, categorie="bilans_de_competences", du=dt.date(2020, 1, 1)
    )
    Certification.objects.get_or_create(
        code="CPF202", defaults={"type_certification": "cpf", "intitule": "Bilan de compétences"}
    )
    client = module("client").AuthenticatedClient(
        base_url=live_server.url, token=jeton_de(monde)[1], raise_on_unexpected_status=True
    )

    def appeler(operation: str, *cle: int, **demande: Any) -> Any:
        ressource = operation.partition("_")[2]
        reponse = module(f"api.{ressource}.{operation}").sync_detailed(*cle, client=client, **demande)
        assert reponse.status_code < 300, reponse.content.decode()
        return reponse.parsed

    def deposer(ressource: str, parametres: dict[str, str], corps: dict[str, Any]) -> Any:
        nom = {"contacts": "contact_ecriture", "adresses": "adresse_depot"}.get(
            ressource, f"{ressource[:-1]}_modification"
        )
        classe = getattr(module(f"models.{nom}"), "".join(mot.title() for mot in nom.split("_")))
        return appeler(f"deposer_{ressource}", body=classe.from_dict(corps), **parametres)

    with client:
        [organisme] = appeler("lister_organismes").resultats
        assert organisme.siret == monde.organisme.siret
        for ressource, parametres, corps in envois():
            deposer(ressource, parametres, json.loads(corps))
        parametres, corps = session(aujourd_hui() + dt.timedelta(60), aujourd_hui() + dt.timedelta(90))
        faite = deposer("sessions", parametres, corps)
        assert faite.statut == "validee" and faite.a_completer == []
        assert appeler("ouvrir_sessions", faite.id).ouverte is True
        assert appeler("visibilite_sessions", faite.id).visible is False
        settings.EDOF_AUJOURDHUI = aujourd_hui() + dt.timedelta(1)
        call_command("publier", verbosity=0)
        assert appeler("visibilite_sessions", faite.id).visible is True
        [formation] = appeler("lister_formations").resultats
        assert formation.sessions[0].id == faite.id
        refus = module("api.sessions.lire_sessions").sync(10**9, client=client)
        assert (refus.code, refus.status) == ("introuvable", 404)
