"""Tests of security.txt and of the reports of the content policy."""

import json
import logging

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from edof import variables

PAGE = "https://catalogue.example.fr/apercu/secret-du-lien/?q=1"


def rapporter(corps, **autres):
    options = {"content_type": "application/csp-report", **autres}
    return Client().post("/csp/", corps if isinstance(corps, bytes | str) else json.dumps(corps), **options)


def test_security_txt_dit_a_qui_ecrire(client, settings, db):
    assert client.get("/.well-known/security.txt").status_code == 404
    settings.SECURITE_CONTACT, settings.SECURITE_POLITIQUE = (
        "mailto:s@example.fr",
        "https://example.fr/regles",
    )
    reponse = client.get("/.well-known/security.txt")
    champs = dict(ligne.split(": ", 1) for ligne in reponse.text.strip().split("\n"))
    assert reponse.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert champs["Contact"] == "mailto:s@example.fr" and champs["Policy"] == "https://example.fr/regles"
    assert champs["Expires"].endswith("T00:00:00Z")
    assert champs["Canonical"].endswith("/.well-known/security.txt")


@pytest.mark.parametrize(
    ("valeur", "lue"),
    [("s@example.fr", "mailto:s@example.fr"), ("https://x.fr/s", "https://x.fr/s"), ("", "")],
)
def test_un_contact_se_lit(monkeypatch, valeur, lue):
    monkeypatch.setenv("SECURITE_CONTACT", valeur)
    assert variables.contact("SECURITE_CONTACT") == lue
    monkeypatch.setenv("SECURITE_CONTACT", "")
    assert variables.contact("SECURITE_CONTACT", valeur) == (lue if "@" in valeur else "")


def test_un_contact_illisible_se_refuse(monkeypatch):
    monkeypatch.setenv("SECURITE_CONTACT", "chez nous")
    with pytest.raises(ImproperlyConfigured, match="SECURITE_CONTACT"):
        variables.contact("SECURITE_CONTACT")


def test_un_rapport_va_au_journal_sans_le_secret_de_la_page(caplog, client, db):
    regles = client.get("/connexion/").headers["Content-Security-Policy"]
    assert "report-uri /csp/" in regles
    with caplog.at_level(logging.WARNING, "vitrine.securite"):
        envoi = rapporter(
            {
                "csp-report": {
                    "effective-directive": "script-src\n",
                    "blocked-uri": "inline",
                    "document-uri": PAGE,
                }
            }
        )
    assert envoi.status_code == 204
    assert [r.getMessage() for r in caplog.records if r.name == "vitrine.securite"] == [
        "Politique de contenu : script-src refuse inline sur https://catalogue.example.fr/apercu"
    ]


@pytest.mark.parametrize("corps", [b"", b"\xff", "[" * 10_000, "[]", "{}", {"csp-report": []}, "null"])
def test_ce_qui_n_est_pas_un_rapport_se_refuse(corps, db):
    assert rapporter(corps).status_code == 400


def test_un_formulaire_n_est_pas_un_rapport(connecter, monde):
    """Check that a form is refused too when the body was read before the view."""
    assert connecter(monde.gestionnaire).post("/csp/", {"csp-report": "x"}).status_code == 400


def test_un_rapport_est_court_et_rare(caplog, db):
    assert rapporter("x" * 20_000).status_code == 413
    etranges = {"effective-directive": {"a": 1}, "blocked-uri": "é" * 999, "document-uri": "http://[x"}
    with caplog.at_level(logging.WARNING, "vitrine.securite"):
        statuts = [rapporter({"csp-report": etranges}).status_code for _ in range(25)]
    assert statuts == [204] * 19 + [429] * 6 and max(map(len, caplog.messages)) < 400
