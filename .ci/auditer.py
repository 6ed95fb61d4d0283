"""Are the locked dependencies known to be vulnerable? Ask pip-audit, of the first source that answers.

    python .ci/auditer.py [requirements.txt ...]     requirements/image.txt and dev.txt by default
    python .ci/auditer.py --garder                   write .ci/avis.json again, from OSV

The sources of advisories: the file that AVIS names (the list of the ecosystem PyPI as OSV publishes it, a zip
of JSON files, brought by hand where the network is closed), else OSV, else the package registry, else
.ci/avis.json, the facts about the locked packages that are kept with the program. OSV and the registry answer
when they tell of a release known to be vulnerable: a registry that knows no advisory finds nothing wrong with
anything.

Exit status: 0 nothing known; 1 a dependency is vulnerable.
"""

import contextlib
import http.server
import json
import os
import re
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import requests  # pip-audit brings it
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

RACINE = Path(__file__).resolve().parent.parent
FIGEES = ["requirements/image.txt", "requirements/dev.txt"]
GARDES = RACINE / ".ci" / "avis.json"
# The address that pip-audit asks, and the variable that changes it.
OSV = os.environ.get("PIP_AUDIT_OSV_URL") or "https://api.osv.dev/v1/query"
# Advisories that do not concern this program, each with the reason: {"PYSEC-2026-1": "why"}.
ECARTES: dict[str, str] = {}
# Its vulnerabilities are known everywhere.
TEMOIN = "django==3.2.0"

Avis = dict[str, Any]


def auditer(fichier: str, *source: str) -> dict[str, list[str]]:
    """Return the advisories of each dependency of the file that has some, « name version » as key."""
    fait = subprocess.run(
        [
            sys.executable, "-m", "pip_audit", "-r", fichier, "--no-deps", "--disable-pip", "-f", "json",
            "--progress-spinner", "off", "--timeout", "10", *source,
            *(mot for avis in ECARTES for mot in ("--ignore-vuln", avis)),
        ],
        cwd=RACINE, capture_output=True, text=True, check=False,
    )  # fmt: skip
    try:
        lues = json.loads(fait.stdout)["dependencies"]
    except (ValueError, KeyError):
        raise ConnectionError(fait.stderr.strip()[-300:]) from None
    return {
        f"{lue['name']} {lue['version']}": [
            f"{avis['id']} (corrigé dans {', '.join(avis['fix_versions']) or '?'})" for avis in lue["vulns"]
        ]
        for lue in lues
        if lue.get("vulns")
    }


def repond(*source: str) -> bool:
    """Return whether this source tells of a release known to be vulnerable."""
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as fichier:
        fichier.write(f"{TEMOIN}\n")
        fichier.flush()
        try:
            return bool(auditer(fichier.name, *source))
        except ConnectionError:
            return False


# --- What an advisory of OSV says ---


def touchees(avis: Avis, noms: Collection[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what an advisory says of these packages of PyPI, with the name of each."""
    for touchee in avis.get("affected", ()):
        paquet = touchee.get("package", {})
        nom = canonicalize_name(paquet.get("name", ""))
        if paquet.get("ecosystem") == "PyPI" and nom in noms:
            yield nom, touchee


def touche(avis: Avis, nom: str, version: Version) -> bool:
    """Return whether an advisory of OSV is about this release."""
    return any(
        version in {_lire(dite) for dite in touchee.get("versions", ())} or _dedans(touchee, version)
        for _, touchee in touchees(avis, {nom})
    )


def _dedans(touchee: dict[str, Any], version: Version) -> bool:
    """Return whether the release is in a range: introduced, then fixed, or affected up to a last one."""
    for intervalle in touchee.get("ranges", ()):
        if intervalle.get("type") != "ECOSYSTEM":
            continue
        dites = [paire for evenement in intervalle["events"] for paire in evenement.items()]
        bornes = [(borne, genre) for genre, dite in dites if (borne := _lire(dite))]
        dedans = False
        # Told in any order: those of 5.1 before those of 4.2, often.
        for borne, genre in sorted(bornes, key=lambda paire: paire[0]):
            if genre == "introduced":
                dedans = dedans or version >= borne
            elif (genre == "fixed" and version >= borne) or (genre == "last_affected" and version > borne):
                dedans = False
        if dedans:
            return True
    return False


def _lire(texte: str) -> Version | None:
    try:
        return Version(texte)
    except InvalidVersion:
        return None


def dernier(avis: Collection[Avis]) -> str:
    """Return the day of the advisory that changed last."""
    return max((un.get("modified", "")[:10] for un in avis), default="?")


# --- The lists that are read here, for pip-audit ---


@contextlib.contextmanager
def servir(avis: Collection[Avis]) -> Iterator[str]:
    """Answer pip-audit from a list of advisories, as OSV does; yield the address."""
    connus: defaultdict[str, list[Avis]] = defaultdict(list)
    for un in avis:
        for nom in {canonicalize_name(t.get("package", {}).get("name", "")) for t in un.get("affected", ())}:
            connus[nom].append(un)

    class Reponse(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            voulu = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            nom, version = canonicalize_name(voulu["package"]["name"]), Version(voulu["version"])
            trouves = [un for un in connus[nom] if touche(un, nom, version)]
            corps = json.dumps({"vulns": trouves} if trouves else {}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(corps)))
            self.end_headers()
            self.wfile.write(corps)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    serveur = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Reponse)
    threading.Thread(target=serveur.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{serveur.server_port}/v1/query"
    finally:
        serveur.shutdown()
        serveur.server_close()


def apportes(liste: Path) -> list[Avis]:
    """Return the advisories of the list that was brought, and say how old it is."""
    with zipfile.ZipFile(liste) as archive:
        avis = [json.loads(archive.read(nom)) for nom in archive.namelist()]
    print(f"{len(avis)} avis dans {liste.name}, le dernier du {dernier(avis)}.")
    return avis


def gardes(fichiers: list[str]) -> list[Avis]:
    """Return the advisories kept with the program, and say what they do not know."""
    liste = json.loads(GARDES.read_text())
    print(
        "Ni OSV ni le registre ne répondent : les dépendances sont comparées aux "
        f"{len(liste['avis'])} avis gardés avec le programme (.ci/avis.json), dont le dernier est du "
        f"{liste['date']} et qui ne portent que sur les {len(liste['paquets'])} paquets nommés là."
    )
    if inconnus := paquets(fichiers) - set(liste["paquets"]):
        print(f"Rien n'y est su de {', '.join(sorted(inconnus))} : python .ci/auditer.py --garder la refait.")
    return list(liste["avis"])


# --- The kept list ---


def paquets(fichiers: list[str]) -> set[str]:
    """Return the names of the packages that these files lock."""
    textes = "\n".join((RACINE / fichier).read_text() for fichier in fichiers)
    return {str(canonicalize_name(nom)) for nom in re.findall(r"^([\w.-]+)(?:\[.*\])?==", textes, re.M)}


def demander(nom: str) -> Iterator[Avis]:
    """Yield the advisories of OSV about a package, whatever the release."""
    question: dict[str, Any] = {"package": {"name": nom, "ecosystem": "PyPI"}}
    while True:
        reponse = requests.post(OSV, json=question, timeout=30)
        reponse.raise_for_status()
        lue = reponse.json()
        yield from lue.get("vulns", ())
        if not (suite := lue.get("next_page_token")):
            return
        question["page_token"] = suite


def faits(avis: Avis, noms: Collection[str]) -> Avis:
    """Return what is a fact in an advisory: names, releases, a date. No sentence of it is kept."""
    dits = []
    for nom, touchee in touchees(avis, noms):
        dit: dict[str, Any] = {"package": {"ecosystem": "PyPI", "name": nom}}
        dit["ranges"] = [
            {"type": "ECOSYSTEM", "events": un["events"]}
            for un in touchee.get("ranges", ())
            if un.get("type") == "ECOSYSTEM"
        ]
        # A release that a range tells of needs not be told again.
        lues = ((dite, _lire(dite)) for dite in touchee.get("versions", ()))
        dit["versions"] = [dite for dite, version in lues if version and not _dedans(touchee, version)]
        dits.append({quoi: valeur for quoi, valeur in dit.items() if valeur})
    return {
        "id": avis["id"],
        "aliases": sorted(avis.get("aliases", ())),
        "modified": avis.get("modified", "")[:10],
        "affected": dits,
    }


def ecrire(source: str, noms: Collection[str], avis: list[Avis]) -> None:
    """Write the kept list: what it comes from, what it looked at, then an advisory a line."""
    avis = sorted(avis, key=lambda un: (un["affected"][0]["package"]["name"], un["id"]))
    tete = {"source": source, "date": dernier(avis), "paquets": sorted(noms)}
    lignes = [f'"{quoi}": {json.dumps(valeur, ensure_ascii=False)}' for quoi, valeur in tete.items()]
    lignes.append('"avis": [\n' + ",\n".join(json.dumps(un) for un in avis) + "\n]")
    GARDES.write_text("{\n" + ",\n".join(lignes) + "\n}\n")


def garder() -> None:
    """Write the kept list again, from what OSV knows of each locked package."""
    noms = paquets(FIGEES)
    connus = {un["id"]: un for nom in noms for un in demander(nom) if not un.get("withdrawn")}
    dits = [dit for un in connus.values() if (dit := faits(un, noms))["affected"]]
    source = "OSV : la base d'avis de PyPA (CC-BY 4.0) et celle de GitHub (CC-BY 4.0). Des faits seulement."
    ecrire(source, noms, dits)
    print(f"{len(dits)} avis gardés, pour {len(noms)} paquets.")


def main() -> int:
    """Audit the files that are named, or those of the repository; return the exit status."""
    if sys.argv[1:] == ["--garder"]:
        garder()
        return 0
    fichiers, liste = sys.argv[1:] or FIGEES, os.environ.get("AVIS")
    source = next((s for s in ("osv", "pypi") if repond("-s", s)), None) if not liste else None
    with contextlib.ExitStack() as pile:
        choisie = ["-s", source or "osv"]
        if not source:
            avis = apportes(Path(liste)) if liste else gardes(fichiers)
            choisie += ["--osv-url", pile.enter_context(servir(avis))]
        vulnerables: dict[str, list[str]] = {}
        for fichier in fichiers:
            vulnerables |= auditer(fichier, *choisie)
    for nom, trouves in sorted(vulnerables.items()):
        print(f"{nom} : {', '.join(trouves)}")
    print(
        "À remplacer, par ./run lock." if vulnerables else "Aucune dépendance figée n'est connue vulnérable."
    )
    return bool(vulnerables)


if __name__ == "__main__":
    sys.exit(main())
