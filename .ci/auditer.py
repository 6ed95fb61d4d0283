"""Are the locked dependencies known to be vulnerable? Ask pip-audit, of the first source that answers.

    python .ci/auditer.py [requirements.txt ...]     requirements/image.txt and dev.txt by default

The sources of advisories: the file that AVIS names (the list of the ecosystem PyPI as OSV publishes it, a zip
of JSON files, brought by hand where the network is closed), else OSV, else the package registry. A source
answers when it tells of a release known to be vulnerable: a registry that knows no advisory finds nothing
wrong with anything. When none does, say so and let it pass: a machine without network is not to blame.

Exit status: 0 nothing known, or nobody to ask; 1 a dependency is vulnerable.
"""

import contextlib
import http.server
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

RACINE = Path(__file__).resolve().parent.parent
FIGEES = ["requirements/image.txt", "requirements/dev.txt"]
# Advisories that do not concern this program, each with the reason: {"PYSEC-2026-1": "why"}.
ECARTES: dict[str, str] = {}
# Its vulnerabilities are known everywhere.
TEMOIN = "django==3.2.0"


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


def touche(avis: dict[str, Any], nom: str, version: Version) -> bool:
    """Return whether an advisory of OSV is about this release."""
    for touchee in avis.get("affected", ()):
        paquet = touchee.get("package", {})
        if paquet.get("ecosystem") != "PyPI" or canonicalize_name(paquet.get("name", "")) != nom:
            continue
        if version in {lue for lue in map(_lire, touchee.get("versions", ())) if lue}:
            return True
        for intervalle in touchee.get("ranges", ()):
            if intervalle.get("type") == "ECOSYSTEM" and _dedans(intervalle["events"], version):
                return True
    return False


def _dedans(evenements: list[dict[str, str]], version: Version) -> bool:
    """Return whether the release is in a range: introduced, then fixed, or affected up to a last one."""
    dedans = False
    for evenement in evenements:
        for genre, dite in evenement.items():
            borne = _lire(dite)
            if borne is None:
                continue
            if genre == "introduced":
                dedans = dedans or version >= borne
            elif (genre == "fixed" and version >= borne) or (genre == "last_affected" and version > borne):
                dedans = False
    return dedans


def _lire(texte: str) -> Version | None:
    try:
        return Version(texte)
    except InvalidVersion:
        return None


@contextlib.contextmanager
def servir(liste: Path) -> Iterator[str]:
    """Answer pip-audit from a list of advisories, as OSV does; yield the address."""
    connus: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    with zipfile.ZipFile(liste) as archive:
        for nom in archive.namelist():
            avis = json.loads(archive.read(nom))
            for paquet in {canonicalize_name(t.get("package", {}).get("name", "")) for t in avis["affected"]}:
                connus[paquet].append(avis)
    dates = [avis.get("modified", "")[:10] for tous in connus.values() for avis in tous]
    print(f"{len(dates)} avis dans {liste.name}, le dernier du {max(dates, default='?')}.")

    class Reponse(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            voulu = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            nom, version = canonicalize_name(voulu["package"]["name"]), Version(voulu["version"])
            trouves = [avis for avis in connus[nom] if touche(avis, nom, version)]
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


def main() -> int:
    """Audit the files that are named, or those of the repository; return the exit status."""
    fichiers, liste = sys.argv[1:] or FIGEES, os.environ.get("AVIS")
    with contextlib.ExitStack() as pile:
        if liste:
            sources = [("osv", "--osv-url", pile.enter_context(servir(Path(liste))))]
        else:
            sources = [("osv",), ("pypi",)]
        choisie = next((("-s", *source) for source in sources if liste or repond("-s", *source)), None)
        if choisie is None:
            print("Aucune source d'avis ne répond : rien n'est dit des dépendances figées. Voyez AVIS, dans")
            print("CONTRIBUTING.md, pour les comparer à une liste apportée à la main.")
            return 0
        vulnerables: dict[str, list[str]] = {}
        for fichier in fichiers:
            vulnerables |= auditer(fichier, *choisie)
    for nom, avis in sorted(vulnerables.items()):
        print(f"{nom} : {', '.join(avis)}")
    print(
        "À remplacer, par ./run lock." if vulnerables else "Aucune dépendance figée n'est connue vulnérable."
    )
    return bool(vulnerables)


if __name__ == "__main__":
    sys.exit(main())
