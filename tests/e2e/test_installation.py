"""Test of the installation: the very commands of docker-compose.yml, behind nginx, then Caddy with TLS.

No engine runs here: each service is a process of this machine, with the environment that the file gives it.
The walk goes from the first account to a session that the public sees, as docs/deploiement.md and docs/api.md
say.
"""

import contextlib
import os
import re
import secrets
import shlex
import shutil
import subprocess
import sys
import time
from base64 import b32decode
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml
from django.db import connection
from django_otp.oath import totp
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError
from psycopg import sql

from edof.postgres_embarque import binaires
from tests.api.test_document import jouer
from tests.attaques import Cible, front
from tests.base import base_neuve
from tests.outils import port_libre, se_connecter

RACINE = Path(__file__).parents[2]
SERVICES = yaml.safe_load((RACINE / "docker-compose.yml").read_text())["services"]
ADMINISTRATEUR, GESTIONNAIRE = "admin@catalogue.example", "gestionnaire@catalogue.example"
MOT_DE_PASSE = secrets.token_urlsafe(12)
# What creer_un_administrateur asks.
REPONSES = f"Ada\nLovelace\n{MOT_DE_PASSE}\n{MOT_DE_PASSE}\n"


class Installation:
    """The services of docker-compose.yml, each a process, over a database of their own."""

    def __init__(self, dossier: Path, base: str, pile: contextlib.ExitStack) -> None:
        self.dossier, self.base, self._pile = dossier, base, pile
        self.redis, self.web, self.tls = port_libre(), port_libre(), port_libre()
        self.adresse = f"https://localhost:{self.tls}"
        serveur = connection.settings_dict
        dites = {
            "SECRET_KEY_FILE": str(dossier / "cle"),
            "POSTGRES_HOST": serveur["HOST"],
            "POSTGRES_PORT": serveur["PORT"] or "5432",
            "POSTGRES_USER": serveur["USER"] or os.environ.get("PGUSER", ""),
            "POSTGRES_PASSWORD": serveur["PASSWORD"],
            "POSTGRES_DB": base,
            "REDIS_URL": f"redis://127.0.0.1:{self.redis}/0",
            "ALLOWED_HOSTS": "localhost",
            "CSRF_TRUSTED_ORIGINS": self.adresse,
            "HTTPS": "1",
            "PROXYS": "2",
            "EDOF_BEAT_SECONDES": "2",
        }
        (dossier / "cle").write_text(secrets.token_urlsafe(48) + "\n")
        # What the file gives when `.env` says nothing, then what this `.env` says.
        fichier = {
            nom: re.sub(r"\$\{\w+:?-(.*)\}", r"\1", str(valeur))
            for nom, valeur in SERVICES["web"]["environment"].items()
        }
        self.environnement = {
            nom: valeur for nom, valeur in os.environ.items() if nom in {"PATH", "HOME", "LANG", "TMPDIR"}
        } | fichier
        self.environnement |= dites | {
            "EDOF_VAR": str(dossier / "var"),
            "STATIQUES": str(dossier / "statiques"),
            "DONNEES_OUVERTES": str(dossier / "donnees"),
            "SAUVEGARDES": str(dossier / "sauvegardes"),
        }

    def commande(self, service: str) -> list[str]:
        """Return the command of a service, on this machine's ports and Python."""
        dite = SERVICES[service]["command"]
        dite = dite.replace("0.0.0.0:8000", f"127.0.0.1:{self.web}").replace("/tmp/", f"{self.dossier}/")
        mots = shlex.split(dite)
        if mots[0] == "redis-server":
            return [*mots, "--port", str(self.redis), "--dir", str(self.dossier)]
        return [sys.executable, *mots[1:]] if mots[0] == "python" else [sys.executable, "-m", *mots]

    def faire(self, *commande: str, reponses: str = "") -> str:
        """Run a command to its end, which reads `reponses`; return what it printed."""
        fait = subprocess.run(
            commande,
            cwd=RACINE,
            env=self.environnement,
            input=reponses,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert fait.returncode == 0, f"{' '.join(commande)}\n{fait.stdout[-3000:]}\n{fait.stderr[-3000:]}"
        return fait.stdout

    def lancer(self, nom: str, *commande: str, **autres: str) -> "subprocess.Popen[bytes]":
        """Start a process, stopped at the end of the test; its log is the file of its name."""
        journal = self._pile.enter_context((self.dossier / f"{nom}.log").open("wb"))
        processus = subprocess.Popen(
            commande, cwd=RACINE, env=self.environnement | autres, stdout=journal, stderr=journal
        )
        self._pile.callback(_arreter, processus)
        return processus

    def journal(self) -> str:
        """Return the end of what each service logged."""
        return "\n".join(f"== {j.name}\n{j.read_text()[-1500:]}" for j in sorted(self.dossier.glob("*.log")))


def _arreter(processus: "subprocess.Popen[bytes]") -> None:
    processus.terminate()
    try:
        processus.wait(20)
    except subprocess.TimeoutExpired:
        processus.kill()
        processus.wait()


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    """Install and start everything, in the order of docker-compose.yml."""
    if absents := [outil for outil in ("redis-server", "nginx", "caddy") if not _outil(outil)]:
        pytest.skip(f"absents : {', '.join(absents)}")
    with contextlib.ExitStack() as pile:
        base = pile.enter_context(base_neuve("installation"))
        ici = Installation(tmp_path, base, pile)
        redis = ici.lancer("redis", *ici.commande("redis"))
        ici.faire(*ici.commande("migrate"))
        # The Dockerfile runs it; the folder is part of the image.
        ici.faire(sys.executable, "manage.py", "collectstatic", "--noinput")
        for service in ("web", "worker", "beat"):
            ici.lancer(service, *ici.commande(service))
        programme = Cible(ici.web)
        programme.attendre(redis)
        devant = pile.enter_context(front(programme, tmp_path))
        ici.lancer(
            "tls",
            str(_outil("caddy")),
            "run",
            "--config",
            "front/Caddyfile",
            "--adapter",
            "caddyfile",
            SITE=f"localhost:{ici.tls}",
            TLS_VERS=f"127.0.0.1:{devant.port}",
            TLS_PORT=str(ici.tls),
            TLS_PORT_HTTP=str(port_libre()),
            XDG_DATA_HOME=str(tmp_path),
            XDG_CONFIG_HOME=str(tmp_path),
            CADDY_ADMIN=f"127.0.0.1:{port_libre()}",
        )
        try:
            yield ici
        except BaseException:
            sys.stdout.write(ici.journal())
            raise
        sys.stdout.write(ici.journal())


def _outil(nom: str) -> str | None:
    return shutil.which(nom, path=f"{os.environ['PATH']}:/usr/sbin:/usr/bin")


def jusqu_a(vrai: Callable[[], Any], attendu: str) -> Any:
    """Return what `vrai` returns, once it is true; fail after about two minutes."""
    for _ in range(400):
        if dit := vrai():
            return dit
        time.sleep(0.3)
    pytest.fail(f"{attendu} : toujours pas")


@pytest.mark.django_db(transaction=True)
def test_du_premier_compte_a_une_session_visible(installation: Installation, navigateur: Browser) -> None:
    ici = installation
    ici.faire(
        sys.executable,
        "manage.py",
        "creer_un_administrateur",
        ADMINISTRATEUR,
        reponses=REPONSES,
    )
    with contextlib.closing(navigateur.new_context(ignore_https_errors=True, locale="fr-FR")) as contexte:
        page = contexte.new_page()
        jusqu_a(lambda: _repond(page, f"{ici.adresse}/connexion/"), "la page de connexion, par TLS")
        secret = _jusqu_au_jeton(page, ici)
    # The certificate is Caddy's own.
    (ici.dossier / ".curlrc").write_text("insecure\n")

    def publier() -> None:
        # Then the walk of the document closes the session.
        _publier(ici)
        with contextlib.closing(navigateur.new_context(ignore_https_errors=True, locale="fr-FR")) as contexte:
            page = contexte.new_page()
            page.goto(f"{ici.adresse}/formations/")
            page.get_by_role("link", name="Bilan de compétences").first.click()
            expect(page.get_by_role("heading", name="Bilan de compétences").first).to_be_visible()

    jouer(f"{ici.adresse}/api/v1", secret, ici.dossier, publier)
    with base_neuve("restauree", vide=True) as restauree, base_neuve("majeure", vide=True) as majeure:
        for page in sorted((RACINE / "docs" / "exploitation").glob("*.md")):
            _suivre(ici, page, restauree, majeure if page.stem == "changer-de-postgresql" else ici.base)


def _repond(page: Page, adresse: str) -> bool:
    with contextlib.suppress(PlaywrightError):
        reponse = page.goto(adresse)
        return reponse is not None and reponse.status == 200
    return False


def _jusqu_au_jeton(page: Page, ici: Installation) -> str:
    """Do what the document asks of the administrator, then of the gestionnaire; return a token."""
    se_connecter(page, ADMINISTRATEUR, MOT_DE_PASSE, f"{ici.adresse}/connexion/")
    _poser_un_second_facteur(page, ici.adresse)
    page.goto(f"{ici.adresse}/admin/organismes/organisme/add/")
    for nom, valeur in {
        "raison_sociale": "Institut Logistique",
        "siret": "41234567800020",
        "nda": "11940678994",
    }.items():
        page.locator(f"[name={nom}]").fill(valeur)
    page.locator(".add-row a").first.click()
    page.locator("select[name$='-0-categorie']").select_option("bilans_de_competences")
    page.locator("[name$='-0-du']").fill("01/01/2020")
    page.locator("[name=_continue]").click()
    page.get_by_role("link", name="Inviter").click()
    page.locator("[name=courriel]").fill(GESTIONNAIRE)
    page.get_by_label("Gestionnaire").check()
    page.get_by_role("button", name="Envoyer l'invitation").click()
    expect(page.locator(".messagelist .success")).to_be_visible()
    page.context.clear_cookies()
    page.goto(jusqu_a(lambda: _lien(ici.dossier / "var" / "courriels"), "l'invitation"))
    for nom, valeur in {"prenom": "Grace", "nom": "Hopper"}.items():
        page.locator(f"[name={nom}]").fill(valeur)
    for nom in ("password1", "password2"):
        page.locator(f"[name={nom}]").fill(MOT_DE_PASSE)
    page.locator("main form button[type=submit]").click()
    page.locator("summary", has_text="Mon compte").click()
    page.get_by_role("link", name="Jetons et webhooks").click()
    page.get_by_role("link", name="Créer un jeton").click()
    page.get_by_label("Nom", exact=True).fill("Logiciel de planning")
    page.get_by_label("Gestionnaire").check()
    page.get_by_role("button", name="Créer le jeton").click()
    return page.get_by_label("Votre jeton").input_value()


def _poser_un_second_facteur(page: Page, adresse: str) -> None:
    page.goto(f"{adresse}/compte/second-facteur/application/")
    cle = page.locator(".secret-lisible code").inner_text().replace(" ", "")
    page.get_by_label("Code à 6 chiffres").fill(f"{totp(b32decode(cle)):06}")
    page.get_by_role("button", name="Vérifier et ajouter").click()
    expect(page.get_by_role("heading", name="Vos codes de secours")).to_be_visible()


def _lien(dossier: Path) -> str | None:
    """Return the link of the invitation, once its e-mail is written."""
    for courriel in dossier.glob("*.log"):
        if trouve := re.search(r"https://\S+/invitation/\S+", courriel.read_text()):
            return trouve[0]
    return None


# `docker compose exec` and `run` become commands of this machine; what an engine alone does, nothing.
_DOCKER = """
docker() {
  [ "$1" = compose ] || { [ "$*" = "stop un-conteneur" ] || [ "$*" = "rm un-conteneur" ]; return; }
  local mot=$2; shift 2
  case $mot in
    exec | run)
      while [[ $1 == -* ]]; do [ "$1" != -e ] || { shift; local -x "${1?}"; }; shift; done
      [ "$*" != migrate ] || set -- migrate python manage.py migrate --noinput
      shift
      (cd "$RACINE"; "${@//\\/srv\\/sauvegardes/$SAUVEGARDES}") ;;
    ps) echo un-conteneur ;;
    up | stop | build | cp) ;;
    *) return 1 ;;
  esac
}
git() { [ "$1" = pull ] || [ "$1" = checkout ]; }
createdb() { [ "$1" = "$RESTAUREE" ]; }
"""
# It asks for a password at a keyboard.
_AU_CLAVIER = "manage.py changer_le_mot_de_passe"


def _suivre(ici: Installation, page: Path, restauree: str, base: str) -> None:
    """Run the commands of a page of docs/exploitation on `base`; `restauree` is the base that it fills."""
    (ici.dossier / ".env").write_text("SECRET_KEY=une-cle\nPOSTGRES_DB=edof\n")
    outils = binaires()
    for bloc in re.findall(r"(?m)^ *```sh\n(.*?)^ *```", page.read_text(), re.S):
        dites = [ligne.strip() for ligne in bloc.splitlines() if _AU_CLAVIER not in ligne]
        for dit, ici_meme in {
            "-U edof ": "",
            "restauree": restauree,
            # The account that has one.
            "retirer_le_second_facteur secours@catalogue.example.fr": (
                f"retirer_le_second_facteur {ADMINISTRATEUR}"
            ),
        }.items():
            dites = [ligne.replace(dit, ici_meme) for ligne in dites]
        fait = subprocess.run(
            ["bash", "-c", "\n".join([_DOCKER, "set -e -o pipefail", *dites])],
            cwd=ici.dossier,
            env=ici.environnement
            | {
                "PATH": f"{Path(sys.executable).parent}:{outils}:{os.environ['PATH']}",
                "RACINE": str(RACINE),
                "RESTAUREE": restauree,
                "POSTGRES_DB": base,
                "PGHOST": ici.environnement["POSTGRES_HOST"],
                "PGUSER": ici.environnement["POSTGRES_USER"],
                "PGDATABASE": "postgres",
            },
            input=REPONSES,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert fait.returncode == 0, f"{page.name}\n{bloc}\n{fait.stdout[-1500:]}\n{fait.stderr[-1500:]}"


def _publier(ici: Installation) -> None:
    """Make everything two days older, so that the night of today is due; beat and the worker carry it out."""
    with psycopg.connect(
        dbname=ici.base,
        **{
            nom: dit
            for nom, dit in (
                ("host", ici.environnement["POSTGRES_HOST"]),
                ("port", ici.environnement["POSTGRES_PORT"]),
                ("user", ici.environnement["POSTGRES_USER"]),
                ("password", ici.environnement["POSTGRES_PASSWORD"]),
            )
            if dit
        },
    ) as base:
        base.execute("SET session_replication_role = replica")
        instants = base.execute(
            "SELECT table_name, array_agg(column_name::text) FROM information_schema.columns"
            " JOIN information_schema.tables USING (table_schema, table_name)"
            " WHERE table_schema = 'public' AND table_type = 'BASE TABLE'"
            " AND data_type = 'timestamp with time zone' GROUP BY 1"
        ).fetchall()
        for table, colonnes in instants:
            base.execute(
                sql.SQL("UPDATE {} SET {}").format(
                    sql.Identifier(table),
                    sql.SQL(", ").join(
                        sql.SQL("{0} = {0} - interval '2 days'").format(sql.Identifier(colonne))
                        for colonne in colonnes
                    ),
                )
            )
        base.execute("UPDATE publication_passage SET jour = jour - 2")
        base.commit()

        def paru() -> Any:
            return base.execute("SELECT 1 FROM publication_parution LIMIT 1").fetchone()

        jusqu_a(paru, "la parution")
