"""Drivers of Firefox and of WebKit (the engine of Safari), with the standard library only.

They use the browsers' own protocols to navigate and to run scripts.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.outils import port_libre

MINIBROWSER = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))


def _connexion(port: int) -> socket.socket:
    for _ in range(120):
        with contextlib.suppress(OSError):
            return socket.create_connection(("127.0.0.1", port), 60)
        time.sleep(0.25)
    raise TimeoutError(f"rien n'écoute sur le port {port}")


class Firefox:
    """A Firefox driven through Marionette."""

    def __init__(self, dossier: Path, script: bool) -> None:
        port = port_libre()
        (dossier / "user.js").write_text(
            f'user_pref("marionette.port", {port});\nuser_pref("intl.accept_languages", "fr");\n'
            f'user_pref("javascript.enabled", {str(script).lower()});\n'
        )
        commande = [
            str(shutil.which("firefox-esr") or shutil.which("firefox")),
            "--headless",
            "--marionette",
            "--profile",
            str(dossier),
        ]
        muet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.processus = subprocess.Popen(commande, env={**os.environ, "HOME": str(dossier)}, **muet)
        self.prise = _connexion(port)
        self.fil = self.prise.makefile("rwb")
        self.numero = 0
        self._lire()
        self._commande("WebDriver:NewSession", capabilities={})

    @staticmethod
    def absent() -> bool:
        return not (shutil.which("firefox-esr") or shutil.which("firefox"))

    def aller(self, adresse: str) -> None:
        self._commande("WebDriver:Navigate", url=adresse)

    def evaluer(self, script: str) -> Any:
        return self._commande("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def fermer(self) -> None:
        self.fil.close()
        self.prise.close()
        self.processus.kill()
        self.processus.wait()

    def _lire(self) -> Any:
        longueur = b""
        while (octet := self.fil.read(1)) != b":":
            longueur += octet
        return json.loads(self.fil.read(int(longueur)))

    def _commande(self, nom: str, **parametres: Any) -> Any:
        self.numero += 1
        texte = json.dumps([0, self.numero, nom, parametres]).encode()
        self.fil.write(str(len(texte)).encode() + b":" + texte)
        self.fil.flush()
        _, _, erreur, resultat = self._lire()
        if erreur:
            raise AssertionError(erreur)
        return resultat


class WebKit:
    """A WebKit driven through WebDriver, on a virtual screen."""

    def __init__(self, dossier: Path, script: bool) -> None:
        port, ecran = port_libre(), f":{port_libre() % 30_000 + 100}"
        muet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        self.ecran = subprocess.Popen(["Xvfb", ecran, "-screen", "0", "1280x900x24"], **muet)
        env = {
            **os.environ,
            "DISPLAY": ecran,
            "HOME": str(dossier),
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "LIBGL_ALWAYS_SOFTWARE": "1",
        }
        time.sleep(1)
        self.pilote = subprocess.Popen(["WebKitWebDriver", f"--port={port}"], env=env, **muet)
        _connexion(port).close()
        self.base = f"http://127.0.0.1:{port}/session"
        sans = [] if script else ["--enable-javascript-markup=false"]
        options = {"binary": str(MINIBROWSER[-1]), "args": ["--automation", *sans]}
        voulu = {"alwaysMatch": {"browserName": "MiniBrowser", "webkitgtk:browserOptions": options}}
        self.base += "/" + self._demande("POST", "", {"capabilities": voulu})["sessionId"]

    @staticmethod
    def absent() -> bool:
        return not (shutil.which("WebKitWebDriver") and shutil.which("Xvfb") and MINIBROWSER)

    def aller(self, adresse: str) -> None:
        self._demande("POST", "/url", {"url": adresse})

    def evaluer(self, script: str) -> Any:
        return self._demande("POST", "/execute/sync", {"script": script, "args": []})

    def fermer(self) -> None:
        with contextlib.suppress(OSError):
            self._demande("DELETE", "", None)
        for processus in (self.pilote, self.ecran):
            processus.kill()
            processus.wait()

    def _demande(self, methode: str, chemin: str, corps: Any) -> Any:
        donnees = None if corps is None else json.dumps(corps).encode()
        demande = urllib.request.Request(
            self.base + chemin, donnees, {"Content-Type": "application/json"}, method=methode
        )
        with urllib.request.urlopen(demande, timeout=60) as reponse:
            return json.loads(reponse.read())["value"]


@contextlib.contextmanager
def moteur(classe: type[Firefox] | type[WebKit], *, script: bool = True) -> Iterator[Firefox | WebKit]:
    """Start a browser with a new profile, and close it at the end. Without `script`, pages run none."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as dossier:
        navigateur = classe(Path(dossier), script)
        try:
            yield navigateur
        finally:
            navigateur.fermer()
