"""Tests of the installed packages: locked by hash, without a URL, compared with advisories."""

import importlib.metadata
import json
import os
import re
import shutil
import subprocess
import sys
import threading
import zipfile
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.outils import port_libre

RACINE = Path(__file__).parents[2]


def test_les_verrous_ont_des_empreintes_et_aucune_adresse():
    for fichier in (RACINE / "requirements").glob("*.txt"):
        texte = fichier.read_text()
        assert not re.search(r"://|--(extra-)?index|--find-links|file:", texte), fichier
        for exigence in re.split(r"\n(?=\S)", texte.strip()):
            assert "==" in exigence and "--hash=sha256:" in exigence, exigence[:80]
    assert not any((RACINE / nom).exists() for nom in ("uv.lock", "pylock.toml"))


def test_une_seule_machine_a_etats():
    noms = {(d.metadata["Name"] or "").lower() for d in importlib.metadata.distributions()}
    assert "django-fsm-2" in noms and "django-fsm" not in noms


# --- Advisories (.ci/auditer.py) ---


def avis(nom="django", **touchee):
    paquet = {"name": nom, "ecosystem": "PyPI"}
    return {
        "schema_version": "1.6.0", "id": "PYSEC-2021-98", "modified": "2021-06-22T00:00:00Z", "summary": "x",
        "affected": [{"package": paquet, **touchee}],
    }  # fmt: skip


def lancer(*mots, racine=RACINE, **environnement):
    """Run the audit of this repository, or that of a copy."""
    return subprocess.run(
        [sys.executable, ".ci/auditer.py", *map(str, mots)], cwd=racine,
        env={**os.environ, "AVIS": "", "NO_PROXY": "127.0.0.1", **environnement},
        capture_output=True, text=True, timeout=300,
    )  # fmt: skip


def auditer(tmp_path, exigences, *connus, **reste):
    """Run the audit of these requirements, against this list of advisories when there is one."""
    (tmp_path / "r.txt").write_text(exigences)
    if connus:
        with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
            for rang, un in enumerate(connus):
                archive.writestr(f"{rang}.json", json.dumps(un))
        reste["AVIS"] = str(tmp_path / "all.zip")
    return lancer(tmp_path / "r.txt", **reste)


def intervalle(*evenements):
    return {"ranges": [{"type": "ECOSYSTEM", "events": [{genre: dite} for genre, dite in evenements]}]}


BORNES = intervalle(("introduced", "3.2"), ("fixed", "3.2.4"))
# As they come from the database of advisories: the latest series before the earlier one.
SERIES = intervalle(("introduced", "5.1"), ("fixed", "5.1.5"), ("introduced", "4.2"), ("fixed", "4.2.18"))


@pytest.mark.parametrize(
    ("figee", "touchee", "vulnerable"),
    [
        ("django==3.2.0", BORNES, True),
        ("django==3.2.0", {"versions": ["3.2"]}, True),
        ("django==3.2.4", BORNES, False),
        ("django==3.1", BORNES, False),
        ("celery==3.2.0", BORNES, False),
        ("django==5.1.4", SERIES, True),
    ],
)
def test_une_dependance_connue_vulnerable_echoue(tmp_path, figee, touchee, vulnerable):
    fait = auditer(tmp_path, f"{figee}\n", avis(**touchee))
    assert "1 avis dans all.zip, le dernier du 2021-06-22" in fait.stdout, fait.stderr
    assert fait.returncode == vulnerable and ("PYSEC-2021-98" in fait.stdout) is vulnerable, fait.stdout


# --- The list that is kept with the program (.ci/avis.json) ---

GARDES = json.loads((RACINE / ".ci/avis.json").read_text())


def personne():
    """Return the environment of a machine from which neither OSV nor the registry answers."""
    adresse = f"http://127.0.0.1:{port_libre()}"
    return {"PIP_AUDIT_OSV_URL": adresse, "HTTPS_PROXY": adresse}


@pytest.fixture
def depot(tmp_path):
    """A repository that locks three packages, and has our audit."""
    for dossier in (".ci", "requirements"):
        (tmp_path / dossier).mkdir()
    shutil.copy(RACINE / ".ci/auditer.py", tmp_path / ".ci")
    (tmp_path / "requirements/image.txt").write_text("django==3.2.0\n")
    (tmp_path / "requirements/dev.txt").write_text("django==3.2.0\ncelery[redis]==5.7.0\nkombu==5.7.0\n")
    return tmp_path


def test_sans_source_la_liste_gardee_est_comparee(depot):
    corrige = avis("celery", **intervalle(("introduced", "0"), ("fixed", "5.7.0"))) | {"id": "PYSEC-2020-1"}
    liste = {"date": "2021-06-22", "paquets": ["celery", "django"], "avis": [avis(**BORNES), corrige]}
    (depot / ".ci/avis.json").write_text(json.dumps(liste))
    fait = lancer(racine=depot, **personne())
    assert "Ni OSV ni le registre ne répondent" in fait.stdout, fait.stderr
    assert "le dernier est du 2021-06-22" in fait.stdout and "Rien n'y est su de kombu :" in fait.stdout
    assert fait.returncode == 1 and "django 3.2.0 : PYSEC-2021-98" in fait.stdout, fait.stdout
    assert "PYSEC-2020-1" not in fait.stdout


def test_la_liste_gardee_avec_le_programme_est_lue(tmp_path):
    fait = auditer(tmp_path, "django==5.2.17\n", **personne())
    assert f"dont le dernier est du {GARDES['date']}" in fait.stdout, fait.stderr
    assert fait.returncode == 1 and "django 5.2.17 : " in fait.stdout and "5.2.18" in fait.stdout, fait.stdout


def test_la_liste_gardee_a_regarde_tous_les_paquets_figes_et_ne_garde_que_des_faits():
    figes = "\n".join(fichier.read_text() for fichier in (RACINE / "requirements").glob("*.txt"))
    assert set(re.findall(r"^([\w.-]+)(?:\[.*\])?==", figes, re.M)) <= set(GARDES["paquets"])
    assert GARDES["date"] == max(un["modified"] for un in GARDES["avis"])
    for un in GARDES["avis"]:
        assert un.keys() == {"id", "aliases", "modified", "affected"}, un
        for touchee in un["affected"]:
            assert touchee.keys() <= {"package", "ranges", "versions"} and len(touchee) > 1, un
            assert touchee["package"]["name"] in GARDES["paquets"], un


@pytest.fixture
def osv():
    """A small OSV, which tells in two pages what it knows of django; the address, and what it was asked."""
    phrases = {"summary": "Une phrase de son auteur.", "details": "D'autres."}
    retire = avis(**BORNES) | {"id": "PYSEC-2022-7", "withdrawn": "2024-11-22T04:37:05Z"}
    recent = avis(**SERIES) | {"id": "PYSEC-2025-1", "aliases": ["CVE-2024-56374"]} | phrases
    recent["modified"] = "2025-01-14T21:22:18Z"
    ancien = avis(**BORNES, versions=["3.2", "3.1rc1"]) | phrases
    pages = {
        ("django", None): {"vulns": [ancien], "next_page_token": "2"},
        ("django", "2"): {"vulns": [recent, retire]},
    }
    demandes = []

    class Reponse(BaseHTTPRequestHandler):
        def do_POST(self):
            demandes.append(voulu := json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            corps = json.dumps(pages.get((voulu["package"]["name"], voulu.get("page_token")), {})).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(corps)))
            self.end_headers()
            self.wfile.write(corps)

        def log_message(self, *_):
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Reponse) as serveur:
        threading.Thread(target=serveur.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{serveur.server_port}/v1/query", demandes
        serveur.shutdown()


def test_garder_refait_la_liste_de_ce_qu_osv_sait(depot, osv):
    adresse, demandes = osv
    fait = lancer("--garder", racine=depot, PIP_AUDIT_OSV_URL=adresse)
    assert fait.returncode == 0 and "2 avis gardés, pour 3 paquets" in fait.stdout, fait.stderr
    assert len(demandes) == 4 and not any("version" in demande for demande in demandes)
    texte = (depot / ".ci/avis.json").read_text()
    assert "phrase" not in texte and "autres" not in texte
    liste = json.loads(texte)
    assert liste["paquets"] == ["celery", "django", "kombu"] and liste["date"] == "2025-01-14"
    premier, second = liste["avis"]
    paquet = {"ecosystem": "PyPI", "name": "django"}
    assert premier["affected"] == [{"package": paquet, **BORNES, "versions": ["3.1rc1"]}]
    assert second == {
        "id": "PYSEC-2025-1", "aliases": ["CVE-2024-56374"], "modified": "2025-01-14",
        "affected": [{"package": paquet, **SERIES}],
    }  # fmt: skip
    # What is fixed passes, and nothing is unknown any more.
    for fichier in (depot / "requirements").iterdir():
        fichier.write_text(fichier.read_text().replace("3.2.0", "3.2.4"))
    fait = lancer(racine=depot, **personne())
    assert fait.returncode == 0 and "Aucune dépendance figée" in fait.stdout, fait.stderr
    assert "Rien n'y est su" not in fait.stdout
