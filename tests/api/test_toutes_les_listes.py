"""Test of what every list gives: its validator, HEAD, compression, CSV, some fields.

The lists are found in the schema: a new one is asked for the same.
"""

import csv
import datetime as dt
import gzip
import json
from collections.abc import Iterator
from typing import Any

import brotli

from api.views.documentation import _schema
from edof.horloge import PARIS, a_l_instant, aujourd_hui
from publication.passages import publier
from tests.api.client import Programme, jeton_de
from tests.crochets.recepteur import abonner

# It is followed by its cursor, and has no table; tests/api/test_changements.py has the rest.
FIL = "/api/v1/changements/"


def listes() -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
    """Yield the address of each list of the schema, its operation and the component of a row."""
    composants = _schema()["components"]["schemas"]

    def composant(noeud: dict[str, Any]) -> dict[str, Any]:
        lu: dict[str, Any] = composants[noeud["$ref"].rpartition("/")[2]]
        return lu

    for adresse, methodes in _schema()["paths"].items():
        if (operation := methodes.get("get")) is None or adresse == FIL:
            continue
        reponse = operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
        proprietes = composant(reponse)["properties"] if "$ref" in reponse else {}
        if "resultats" in proprietes:
            yield adresse, operation, composant(proprietes["resultats"]["items"])


def test_chaque_liste_a_tout(monde):
    """One row or more in each, since an empty answer is not compressed."""
    jour = aujourd_hui()
    session = monde.session("s1", ouverte=True)
    with a_l_instant(dt.datetime.combine(jour, dt.time(12), tzinfo=PARIS)):
        publier(jour, par="test")
    matin = dt.datetime.combine(jour + dt.timedelta(1), dt.time(6), tzinfo=PARIS)
    with a_l_instant(matin):
        publier(matin.date(), par="test")
        webhook = abonner(monde.organisme, "https://93.184.215.14/", "session.ouverte")
        webhook.essayer(monde.gestionnaire)
        api = Programme(jeton_de(monde)[1])
        ligne = b'{"niveau": "offre", "chemin": ["PAR-FICHIER"], "valeurs": {"intitule": "Par fichier"}}'
        depot = api.client.post("/api/v1/imports/", ligne, content_type="application/x-ndjson", **api.entetes)
        elements = [
            {"faire": "fermer", "niveau": "session", "chemin": ["OFFRE-1", "ACTION-1", "s1"], "valeurs": {}}
            for _ in range(4)
        ]
        lot = api("POST", "lots/", {"elements": elements}, prefer="respond-async")
        assert (depot.status_code, lot.status_code) == (201, 202)
        cles = {
            "offres": monde.offre.pk, "actions": monde.action.pk, "sessions": session.pk,
            "imports": depot.json()["id"], "lots": lot.lu["id"], "webhooks": webhook.pk,
        }  # fmt: skip
        vues = list(listes())
        assert len(vues) >= 17
        for adresse, operation, composant in vues:
            eprouver(api, adresse.replace("{id}", str(cles.get(adresse.split("/")[3]))), operation, composant)


def eprouver(api: Programme, adresse: str, operation: dict[str, Any], composant: dict[str, Any]) -> None:
    def lire(methode: str = "GET", suite: str = "", **entetes: str) -> Any:
        noms = {f"HTTP_{nom.upper()}": valeur for nom, valeur in entetes.items()}
        return api.client.generic(methode, adresse + suite, **api.entetes, **noms)

    admis = {parametre["name"] for parametre in operation["parameters"]}
    assert admis >= {"champs", "format", "If-None-Match"}, adresse
    assert "304" in operation["responses"] and "text/csv" in operation["responses"]["200"]["content"], adresse
    entiere = lire()
    contenu = json.loads(entiere.content)
    lignes, champs = contenu["resultats"], list(composant["properties"])
    assert entiere.status_code == 200 and lignes and list(lignes[0]) == champs, adresse
    etiquette = entiere.headers["ETag"]
    assert etiquette.startswith('W/"'), adresse
    inchangee = lire(if_none_match=etiquette)
    assert (inchangee.status_code, inchangee.content) == (304, b""), adresse
    assert inchangee.headers["ETag"] == etiquette, adresse
    tete = lire("HEAD")
    assert (tete.status_code, tete.content, tete.headers["ETag"]) == (200, b"", etiquette), adresse
    for codage, ouvrir in (("gzip", gzip.decompress), ("br", brotli.decompress)):
        if codage == "gzip" and len(entiere.content) < 600:
            continue  # The random bytes that Django adds may weigh more than it saves.
        reponse = lire(accept_encoding=codage)
        assert reponse.headers.get("Content-Encoding") == codage, adresse
        assert json.loads(ouvrir(reponse.content))["resultats"] == lignes, adresse
        assert reponse.headers["ETag"] == etiquette, adresse
    assert {nom.strip() for nom in entiere.headers["Vary"].split(",")} >= {"Accept", "Accept-Encoding"}
    [premier, *_] = champs
    assert json.loads(lire(suite=f"?champs={premier}").content)["resultats"] == [
        {premier: ligne[premier]} for ligne in lignes
    ], adresse
    for suite, entetes in (("?format=csv", {}), ("", {"accept": "text/csv"})):
        table = lire(suite=suite, **entetes)
        assert table.headers["Content-Type"] == "text/csv; charset=utf-8", adresse
        texte = b"".join(table).decode("utf-8-sig")
        rangees = list(csv.reader(texte.splitlines(), delimiter=";"))
        assert rangees[0] == champs and len(rangees) == len(lignes) + 1, adresse
    assert lire("HEAD", "?format=csv").headers["Content-Disposition"].endswith('.csv"'), adresse
