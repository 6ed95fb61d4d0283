"""The settings of production: refused when they would not be safe, and found clean by Django's own check."""

import os
import secrets
import subprocess
import sys

import pytest

VARIABLES = ("DEBUG", "SECRET_KEY", "HTTPS", "PAGES_DE_DEBOGAGE", "ALLOWED_HOSTS", "EDOF_AUJOURDHUI", "PROXYS", "DJANGO_ALLOW_ASYNC_UNSAFE")


def gerer(tmp_path, *arguments, **variables):
    environnement = {nom: valeur for nom, valeur in os.environ.items() if nom not in VARIABLES}
    environnement |= {"EDOF_VAR": str(tmp_path), **variables}
    return subprocess.run(
        [sys.executable, "-W", "error", "manage.py", *arguments], env=environnement, capture_output=True, text=True, timeout=60
    )


def test_check_deploy_ne_trouve_rien(tmp_path):
    cle = secrets.token_urlsafe(48)
    fait = gerer(tmp_path, "check", "--deploy", "--fail-level", "INFO", SECRET_KEY=cle, HTTPS="1", ALLOWED_HOSTS="catalogue.example")
    assert fait.returncode == 0, fait.stderr
    assert "no issues" in fait.stdout or "aucun problème" in fait.stdout.lower(), fait.stdout


@pytest.mark.parametrize(
    ("variables", "dit"), [({}, "SECRET_KEY est obligatoire"), ({"SECRET_KEY": "x", "EDOF_AUJOURDHUI": "2026-01-01"}, "refusée")]
)
def test_ce_qui_ne_serait_pas_sur_ne_demarre_pas(tmp_path, variables, dit):
    fait = gerer(tmp_path, "check", **variables)
    assert fait.returncode and dit in fait.stderr


def test_ce_que_l_on_a_sans_rien_demander(tmp_path):
    """DEBUG is off, and Django's own error pages too, unless both are asked for."""
    script = "from django.conf import settings as s; print(s.DEBUG, s.DEVELOPPEMENT, s.SESSION_COOKIE_SECURE, s.CSRF_COOKIE_NAME, s.PROXYS)"
    for variables, attendu in (
        ({"PAGES_DE_DEBOGAGE": "1"}, "False False False csrftoken 0"),
        ({"HTTPS": "1"}, "False False True __Host-csrftoken 1"),
        ({"DEBUG": "1"}, "False True False csrftoken 0"),
    ):
        fait = gerer(tmp_path, "shell", "-v", "0", "-c", script, SECRET_KEY="x", **variables)
        assert fait.stdout.strip() == attendu, fait.stderr
