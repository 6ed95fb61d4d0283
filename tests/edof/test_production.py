"""Tests of the production settings: refused when unsafe, and accepted by Django's own deployment check."""

import os
import re
import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured

from edof import variables
from edof.postgres_embarque import ORDRE

VARIABLES = (
    "DEBUG", "SECRET_KEY", "HTTPS", "PAGES_DE_DEBOGAGE", "ALLOWED_HOSTS", "EDOF_AUJOURDHUI", "PROXYS",
    "DJANGO_ALLOW_ASYNC_UNSAFE",
)  # fmt: skip
CLE = "ceci n'est pas une cle mais en a la longueur"


def gerer(tmp_path, *arguments, **variables):
    environnement = {nom: valeur for nom, valeur in os.environ.items() if nom not in VARIABLES}
    environnement |= {"EDOF_VAR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments],
        env=environnement,
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_check_deploy_ne_trouve_rien(tmp_path):
    cle = secrets.token_urlsafe(48)
    fait = gerer(
        tmp_path,
        "check",
        "--deploy",
        "--fail-level",
        "INFO",
        SECRET_KEY=cle,
        HTTPS="1",
        ALLOWED_HOSTS="catalogue.example",
    )
    assert fait.returncode == 0, fait.stderr
    assert "no issues" in fait.stdout or "aucun problème" in fait.stdout.lower(), fait.stdout


@pytest.mark.parametrize(
    ("variables", "dit"),
    [
        ({}, "SECRET_KEY est obligatoire"),
        ({"SECRET_KEY": "abc"}, "trop facile à deviner"),
        ({"SECRET_KEY": "a" * 64}, "trop facile à deviner"),
        ({"SECRET_KEY": CLE, "EDOF_AUJOURDHUI": "2026-01-01"}, "refusée"),
        ({"SECRET_KEY": CLE, "WEBHOOKS_LOCAUX": "1"}, "refusée"),
        ({"SECRET_KEY": CLE, "HTTPS": "peut-être"}, "HTTPS vaut 1 (oui) ou 0 (non)"),
        ({"SECRET_KEY": CLE, "ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS : « * » ne convient pas"),
        ({"SECRET_KEY": CLE, "ALLOWED_HOSTS": "https://catalogue.example"}, "ALLOWED_HOSTS"),
        ({"SECRET_KEY": CLE, "CSRF_TRUSTED_ORIGINS": "catalogue.example"}, "CSRF_TRUSTED_ORIGINS"),
        ({"SECRET_KEY": CLE, "ADRESSE_PUBLIQUE": "catalogue.example"}, "ADRESSE_PUBLIQUE s'écrit https://"),
        ({"SECRET_KEY": CLE, "PROXYS": "abc"}, "PROXYS est un nombre entier de 0 à 10"),
        ({"SECRET_KEY": CLE, "API_DEBIT_PAR_JETON": "beaucoup"}, "API_DEBIT_PAR_JETON s'écrit 600/min"),
        ({"SECRET_KEY": CLE, "LOG_LEVEL": "bavard"}, "LOG_LEVEL est l'un de"),
        ({"SECRET_KEY": CLE, "REDIS_URL": "hote:6379"}, "REDIS_URL s'écrit redis://"),
        ({"SECRET_KEY": CLE, "SESSION_D_UN_JOUR": "2"}, "SESSION_D_UN_JOUR vaut"),
        ({"SECRET_KEY": CLE, "DATABASE_URL": "postgres://edof:a/b+c=@db/edof"}, "DATABASE_URL ne se lit pas"),
        ({"SECRET_KEY": CLE, "DATABASE_URL": "mysql://edof@db/edof"}, "DATABASE_URL ne se lit pas"),
    ],
)
def test_ce_qui_ne_serait_pas_sur_ne_demarre_pas(tmp_path, variables, dit):
    fait = gerer(tmp_path, "check", **variables)
    # The last line is the error message. It contains no part of an address that holds a password.
    phrase = fait.stderr.strip().splitlines()[-1]
    assert fait.returncode and dit in phrase and "a/b+c" not in fait.stderr
    assert "Traceback" not in fait.stderr


def test_une_base_qui_ne_repond_pas_se_dit_en_une_phrase(tmp_path):
    fait = gerer(tmp_path, "migrate", SECRET_KEY=CLE, DATABASE_URL="postgres://edof:a+b@127.0.0.1:1/edof")
    assert fait.returncode == 1 and "Traceback" not in fait.stderr and "a+b" not in fait.stderr
    assert fait.stderr.startswith("La base de données ne répond pas."), fait.stderr


def test_ce_que_l_on_a_sans_rien_demander(tmp_path):
    """Check that DEBUG and Django's own error pages are off unless both variables ask for them."""
    script = (
        "from django.conf import settings as s; print(s.DEBUG, s.DEVELOPPEMENT, s.SESSION_COOKIE_SECURE,"
        " s.CSRF_COOKIE_NAME, s.PROXYS)"
    )
    for reglees, attendu in (
        ({"PAGES_DE_DEBOGAGE": "1"}, "False False False csrftoken 0"),
        ({"HTTPS": "true"}, "False False True __Host-csrftoken 1"),
        ({"DEBUG": "1"}, "False True False csrftoken 0"),
    ):
        fait = gerer(tmp_path, "shell", "-v", "0", "-c", script, SECRET_KEY=CLE, **reglees)
        assert fait.stdout.strip() == attendu, fait.stderr


@pytest.mark.parametrize("mot_de_passe", ["a/b+c=:@?#%41 é", "simple", " espaces ", "'\"\\$`"])
def test_un_mot_de_passe_de_la_base_s_ecrit_avec_tout_caractere(monkeypatch, mot_de_passe):
    monkeypatch.delenv("DATABASE_URL", raising=False)
    for nom, valeur in {"HOST": "db", "USER": "edof", "DB": "catalogue", "PASSWORD": mot_de_passe}.items():
        monkeypatch.setenv(f"POSTGRES_{nom}", valeur)
    lu = variables.base_de_donnees("")
    assert [lu[nom] for nom in ("HOST", "PORT", "USER", "NAME", "PASSWORD")] == [
        "db",
        "5432",
        "edof",
        "catalogue",
        mot_de_passe,
    ]


def test_les_listes_acceptent_les_espaces(monkeypatch):
    monkeypatch.setenv("ALLOWED_HOSTS", " catalogue.example , www.catalogue.example,")
    assert variables.liste("ALLOWED_HOSTS", forme=".+", exemple="x") == [
        "catalogue.example",
        "www.catalogue.example",
    ]


def test_une_page_attend_moins_qu_une_tache():
    """Check that pages wait for a lock or a statement for a few seconds, and tasks and commands longer.

    Neither waits for a statement to be compiled.
    """
    script = (
        "import edof.{}; from django.conf import settings as s;"
        " print(s.DATABASES['default']['OPTIONS']['options'])"
    )
    for module, *dits in (
        ("wsgi", "lock_timeout=1500ms", "statement_timeout=15s", "jit=off"),
        ("celery", "lock_timeout=60s", "statement_timeout=30min", "jit=off"),
    ):
        fait = subprocess.run(
            [sys.executable, "-c", f"import os; os.environ.setdefault('DJANGO_SETTINGS_MODULE', "
            f"'edof.settings'); {script.format(module)}"],
            capture_output=True, text=True, timeout=60,
        )  # fmt: skip
        assert all(dit in fait.stdout for dit in dits), fait.stderr


def test_chaque_variable_de_la_documentation_arrive_aux_services():
    racine = Path(__file__).parents[2]
    tableau = (
        (racine / "docs" / "deploiement.md")
        .read_text()
        .partition("## Variables")[2]
        .partition("## Two roles")[0]
    )
    dites = {
        nom
        for ligne in re.findall(r"(?m)^\| (`[^|]+) \|", tableau)
        for nom in re.findall(r"`([A-Z_]+)`", ligne)
    }
    compose = yaml.safe_load((racine / "docker-compose.yml").read_text())
    # These are for a developer's machine, part of the image, or for the web server alone.
    ici = {"DEBUG", "EDOF_AUJOURDHUI", "EDOF_VAR", "PGBOUNCER", "STATIQUES", "WEBHOOKS_LOCAUX"}
    assert len(dites) > 15
    for nom in ("web", "worker", "beat", "migrate"):
        assert dites - ici <= compose["services"][nom]["environment"].keys()
    secrets_ = {nom for nom in compose["services"]["web"]["environment"] if nom.endswith("_FILE")}
    assert secrets_ == {
        f"{nom}_FILE"
        for nom in (
            "SECRET_KEY",
            "SECRET_KEY_PRECEDENTE",
            "POSTGRES_PASSWORD",
            "DATABASE_URL",
            "DATABASE_URL_LECTURE",
            "DONNEES_S3_CLE",
            "DONNEES_S3_SECRET",
            "EMAIL_URL",
            "METRIQUES_JETON",
            "PING_URL",
            "SENTRY_DSN",
        )
    }


def test_chaque_service_est_surveille_borne_et_serre():
    services = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())["services"]
    for nom, service in services.items():
        assert nom == "migrate" or ("healthcheck" in service and service["restart"] == "unless-stopped"), nom
        assert service["deploy"]["resources"]["limits"]["memory"], nom
        assert "no-new-privileges:true" in service["security_opt"] and service["logging"], nom
        # The image of PostgreSQL gives its folder to its account before it starts.
        assert nom == "db" or (service["read_only"] and service["cap_drop"] == ["ALL"]), nom
        for port in service.get("ports", []):
            assert nom == "tls" or str(port).startswith("127.0.0.1:"), nom


def test_chaque_image_est_nommee_par_sa_version_et_son_empreinte():
    racine = Path(__file__).parents[2]
    services = yaml.safe_load((racine / "docker-compose.yml").read_text())["services"]
    images = [service["image"] for service in services.values() if "build" not in service]
    bases = re.findall(r"^FROM (\S+)", (racine / "Dockerfile").read_text(), re.MULTILINE)
    assert len(images) == 5 and len(bases) == 2 and len(set(bases)) == 1
    for image in [*images, *bases]:
        assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+\.?\d*[a-z-]*@sha256:[0-9a-f]{64}", image), image


def test_un_second_serveur_web_peut_tourner_a_cote_du_premier():
    """Check what docs/exploitation/mettre-a-jour.md relies on; ./run bench deploiement does it."""
    racine = Path(__file__).parents[2]
    web = yaml.safe_load((racine / "docker-compose.yml").read_text())["services"]["web"]
    # A name or a port of the host belong to one container.
    assert not {"container_name", "ports", "hostname"} & web.keys()
    assert (
        "up -d --no-deps --no-recreate --scale web=2 --wait web"
        in (racine / "docs" / "exploitation" / "mettre-a-jour.md").read_text()
    )


@pytest.mark.parametrize(
    ("lire", "nom", "valeur", "dit"),
    [
        (lambda nom: variables.secret(nom, 16), "METRIQUES_JETON", "court", "trop facile à deviner"),
        (lambda nom: variables.reseaux(nom, ""), "METRIQUES_ADRESSES", "10.0.0.0/99", "ni une adresse ni"),
        (variables.adresse_a_appeler, "PING_URL", "hc-ping.com/x", "PING_URL s'écrit https://"),
        (variables.adresse_en_https, "CERTIFICATIONS_URL", "http://x.fr/a.zip", "CERTIFICATIONS_URL s'écrit"),
        (variables.adresse_electronique, "ASSISTANCE", "aide", "ASSISTANCE s'écrit aide@example.fr"),
        (lambda nom: variables.expediteur(nom, ""), "EMAIL_DE", "Catalogue", "EMAIL_DE s'écrit"),
        (lambda nom: variables.dossier(nom, Path("/tmp")), "STATIQUES", "var", "est un dossier"),
        (lambda nom: variables.cles_precedentes(), "SECRET_KEY_PRECEDENTE", "a" * 64, "trop facile"),
        (lambda nom: variables.cle_secrete(False), "SECRET_KEY_FILE", "/nulle/part", "ne se lit pas"),
    ],
)
def test_une_valeur_qui_ne_convient_pas_est_dite(monkeypatch, lire, nom, valeur, dit):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    monkeypatch.setenv(nom, valeur)
    with pytest.raises(ImproperlyConfigured, match=dit):
        lire(nom)


def test_un_secret_se_lit_dans_un_fichier(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    (tmp_path / "cle").write_text(f"{CLE}\n")
    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "cle"))
    assert variables.cle_secrete(False) == CLE
    monkeypatch.setenv("SECRET_KEY", CLE)
    with pytest.raises(ImproperlyConfigured, match="pas les deux"):
        variables.cle_secrete(False)
    # A space at the end of a password belongs to it; the line end of the file does not.
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("POSTGRES_PASSWORD", raising=False)
    (tmp_path / "base").write_text("a:/@ é \n")
    monkeypatch.setenv("POSTGRES_HOST", "db")
    monkeypatch.setenv("POSTGRES_PASSWORD_FILE", str(tmp_path / "base"))
    assert variables.base_de_donnees("")["PASSWORD"] == "a:/@ é "


def test_env_production_ecrit_de_quoi_demarrer_et_n_efface_rien(tmp_path):
    racine = Path(__file__).parents[2]
    shutil.copy(racine / "run", tmp_path)
    shutil.copytree(racine / "edof", tmp_path / "edof", ignore=shutil.ignore_patterns("__pycache__"))

    def lancer(*arguments):
        return subprocess.run(
            [sys.executable, "run", "env-production", *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=60,
        )

    for mauvais in ((), ("https://catalogue.example.fr",), ("a b",), ("catalogue.example.fr", "x")):
        refuse = lancer(*mauvais)
        assert refuse.returncode and "Donnez le nom du site" in refuse.stderr, refuse
    assert "docker compose up -d" in lancer("catalogue.example.fr").stdout
    env = tmp_path / ".env"
    ecrit = env.read_text()
    assert env.stat().st_mode & 0o777 == 0o600
    lues = dict(ligne.split("=", 1) for ligne in ecrit.splitlines() if ligne and ligne[0] != "#")
    assert lues["ALLOWED_HOSTS"] == lues["SITE"] == "catalogue.example.fr"
    assert (lues["HTTPS"], lues["PROXYS"], lues["COMPOSE_PROFILES"]) == ("1", "2", "tls")
    assert len(lues["SECRET_KEY"]) >= variables.CLE_AU_MOINS and len(lues["POSTGRES_PASSWORD"]) >= 24
    # Docker reads « $ » and quotes in `.env`: the secrets have none.
    assert not set("$'\"# ") & set(lues["SECRET_KEY"] + lues["POSTGRES_PASSWORD"])
    assert "n'a pas été touché" in lancer("autre.example.fr").stderr and env.read_text() == ecrit


def test_une_base_neuve_range_les_textes_comme_celle_de_run():
    services = yaml.safe_load((Path(__file__).parents[2] / "docker-compose.yml").read_text())["services"]
    assert services["db"]["environment"]["POSTGRES_INITDB_ARGS"].split() == ["--encoding=UTF8", *ORDRE]
