"""Tests of what docs/sans-docker.md installs: its units, its `.env`, its nginx, without starting them.

The whole page was followed by hand on a clean Debian (its part « Tried »).
"""

import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

RACINE = Path(__file__).parents[2]
PAGE = (RACINE / "docs" / "sans-docker.md").read_text()
SERVICES = yaml.safe_load((RACINE / "docker-compose.yml").read_text())["services"]
VENV = "/srv/catalogue-of/.venv/bin/"
UNITES = ("web", "worker", "beat")


def unite(nom: str) -> dict[str, str]:
    """Return the settings of a unit, those given several times joined by spaces."""
    texte = (RACINE / "systemd" / f"catalogue-of-{nom}.service").read_text().replace("\\\n", " ")
    lus: dict[str, list[str]] = {}
    for cle, valeur in re.findall(r"(?m)^(\w+)=(.*)$", texte):
        lus.setdefault(cle, []).append(valeur)
    return {cle: " ".join(valeurs) for cle, valeurs in lus.items()}


def ecrire_env(dossier: Path) -> str:
    """Run `./run env-production --sans-docker` in that folder; return `.env`."""
    shutil.copy(RACINE / "run", dossier)
    shutil.copytree(RACINE / "edof", dossier / "edof", ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [sys.executable, "run", "env-production", "catalogue.example.fr", "--sans-docker"],
        cwd=dossier,
        check=True,
        capture_output=True,
        timeout=60,
    )
    return (dossier / ".env").read_text()


@pytest.mark.parametrize("nom", UNITES)
def test_une_unite_lance_ce_que_lance_docker_compose(nom):
    service, dite = unite(nom), SERVICES[nom]
    commande = shlex.split(dite["command"].replace("0.0.0.0:8000", "127.0.0.1:8001"))
    assert shlex.split(service["ExecStart"]) == [VENV + commande[0], *commande[1:]]
    memoire = re.search(r"(\d+)([mg])", str(dite["deploy"]["resources"]["limits"]["memory"]))
    assert memoire and service["MemoryMax"] == f"{memoire[1]}{memoire[2].upper()}"
    attente = {"40s": "40", "1m": "60"}.get(dite.get("stop_grace_period", ""), "10")
    assert (service["TimeoutStopSec"], service["Restart"]) == (attente, "always")
    # What bounds them is the same in the three.
    bornes = {cle for cle in service if cle.startswith(("Protect", "Private", "Restrict", "NoNew", "Capab"))}
    assert len(bornes) > 10 and all(service[cle] == unite("web")[cle] for cle in bornes)


def test_le_point_env_est_lu_de_meme_par_le_shell_et_par_systemd(tmp_path):
    texte = ecrire_env(tmp_path)
    # What the operator uncomments has spaces and is quoted.
    (tmp_path / ".env").write_text(texte.replace("# EMAIL", "EMAIL"))
    par_systemd = {
        nom: valeur.strip("'")
        for nom, valeur in (
            ligne.split("=", 1)
            for ligne in (tmp_path / ".env").read_text().splitlines()
            if ligne and ligne[0] != "#"
        )
    }
    par_le_shell = subprocess.run(
        ["sh", "-c", "set -a; . ./.env; env"],
        cwd=tmp_path,
        env={},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert {f"{nom}={valeur}" for nom, valeur in par_systemd.items()} <= set(par_le_shell.splitlines())
    assert par_systemd["EMAIL_DE"] == "Catalogue OF <catalogue@example.fr>"
    assert (tmp_path / ".env").stat().st_mode & 0o777 == 0o600
    # The folders exist in the page, and the services may write in them.
    dossiers = {par_systemd[nom] for nom in ("EDOF_VAR", "DONNEES_OUVERTES", "SAUVEGARDES")}
    for nom in UNITES:
        assert set(unite(nom)["ReadWritePaths"].split()) == dossiers
    assert all(re.search(rf"install -d .*{dossier}\b", PAGE) for dossier in dossiers)


def test_la_page_remplit_tout_le_modele_de_nginx(tmp_path):
    (bloc,) = re.findall(r"(?ms)^sed -e 's\|.*?> \S+$", PAGE)
    commande = bloc.rpartition(">")[0]
    fait = subprocess.run(["sh", "-c", commande], cwd=RACINE, capture_output=True, text=True, check=True)
    assert "${" not in fait.stdout and "listen 127.0.0.1:8000;" in fait.stdout


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze absent")
def test_systemd_comprend_les_unites(tmp_path):
    for nom in UNITES:
        chemin = tmp_path / f"catalogue-of-{nom}.service"
        texte = (RACINE / "systemd" / chemin.name).read_text()
        # It looks for the program and the folder: those of this machine.
        texte = texte.replace(VENV, f"{Path(sys.executable).parent}/").replace(
            "/srv/catalogue-of", str(RACINE)
        )
        chemin.write_text(texte)
        fait = subprocess.run(
            ["systemd-analyze", "verify", chemin], capture_output=True, text=True, timeout=60
        )
        dites = [ligne for ligne in fait.stderr.splitlines() if "catalogue-of" in ligne]
        assert not dites, dites


def test_catalogue_of_ne_se_lance_qu_en_root():
    texte = (RACINE / "systemd" / "catalogue-of").read_text()
    assert subprocess.run(["sh", "-n"], input=texte, text=True, check=False).returncode == 0
    ailleurs = texte.replace("$(id -u)", "1000")
    fait = subprocess.run(["sh", "-c", ailleurs], capture_output=True, text=True, check=False)
    assert fait.returncode == 1 and "se lance en root" in fait.stderr
