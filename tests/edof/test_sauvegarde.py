"""Tests of the backups: what is restored is the same to the row, and publishes the same the next morning."""

import datetime as dt
import os
import subprocess
import sys

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from catalogue import tasks
from edof.horloge import aujourd_hui
from edof.sauvegarde import derniere, sauvegarder
from tests.attaques import url_de_la_base
from tests.base import base_neuve
from tests.conftest import Monde

# What a run says of itself: instants, and its own key.
DU_PASSAGE = {"publication_passage"}


def gerer(base: str, *arguments: str, jour: dt.date) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        env=os.environ
        | {"DATABASE_URL": url_de_la_base(base), "DEBUG": "1", "EDOF_AUJOURDHUI": jour.isoformat()},
        capture_output=True,
        text=True,
        timeout=120,
    )


def contenu(base: str) -> dict[str, str]:
    """Return a digest of the rows of each table."""
    with psycopg.connect(url_de_la_base(base)) as liaison:
        tables = liaison.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            table: liaison.execute(
                sql.SQL("SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text)) FROM {} t").format(
                    sql.Identifier(table)
                )
            ).fetchone()[0]
            for (table,) in tables
        }


@pytest.mark.django_db(transaction=True)
def test_ce_qui_est_restaure_est_le_meme_et_publie_de_meme(settings, tmp_path):
    monde = Monde()
    monde.session("s1", ouverte=True)
    demain, apres = (aujourd_hui() + dt.timedelta(n) for n in (1, 2))
    settings.EDOF_AUJOURDHUI = demain
    call_command("publier", verbosity=0)
    sauvegarde = sauvegarder(tmp_path, garder=2)
    assert sauvegarde.stat().st_mode & 0o777 == 0o600
    ici = connection.settings_dict["NAME"]
    with base_neuve("restauree", vide=True) as la_bas:
        remise = gerer(la_bas, "restaurer", str(sauvegarde), jour=demain)
        assert remise.returncode == 0, remise.stderr
        assert contenu(la_bas) == contenu(ici)
        assert contenu(ici)["publication_parution"]
        # A second one, over what is there, changes nothing.
        refusee = gerer(la_bas, "restaurer", str(sauvegarde), jour=demain)
        assert refusee.returncode and "restaurez dans une base vide" in refusee.stderr
        settings.EDOF_AUJOURDHUI = apres
        call_command("publier", verbosity=0)
        assert gerer(la_bas, "publier", jour=apres).returncode == 0
        connection.close()
        differences = {nom for nom, dit in contenu(la_bas).items() if dit != contenu(ici)[nom]}
        assert differences <= DU_PASSAGE


@pytest.mark.django_db(transaction=True)
def test_une_sauvegarde_par_jour_et_les_dernieres(settings, tmp_path, monkeypatch):
    tasks.sauvegarder_la_base()
    settings.SAUVEGARDES, settings.SAUVEGARDES_GARDEES = tmp_path / "ici", 2
    for _ in range(2):
        tasks.sauvegarder_la_base()
    (faite,) = settings.SAUVEGARDES.iterdir()
    # A day later there are two, a day later still the first one goes.
    for rang in range(1, 3):
        for fichier in settings.SAUVEGARDES.iterdir():
            os.utime(fichier, (fichier.stat().st_mtime - 86_400,) * 2)
        monkeypatch.setattr("edof.sauvegarde.FORME", f"catalogue-{{:%Y-%m-%d}}-99999{rang}.dump")
        tasks.sauvegarder_la_base()
    assert len(list(settings.SAUVEGARDES.iterdir())) == 2 and not faite.exists()
    assert derniere(settings.SAUVEGARDES) is not None


@pytest.mark.django_db(transaction=True)
def test_ce_qui_n_est_pas_une_sauvegarde_est_dit(tmp_path):
    with pytest.raises(CommandError, match="restaurez dans une base vide"):
        call_command("restaurer", str(tmp_path / "absente"))
    with pytest.raises(CommandError, match="au moins 1"):
        call_command("sauvegarder", str(tmp_path), garder=0)
    with base_neuve("vide", vide=True) as vide:
        (tmp_path / "faux").write_text("ceci n'est pas une archive")
        refusee = gerer(vide, "restaurer", str(tmp_path / "faux"), jour=aujourd_hui())
        assert refusee.returncode and "pg_restore a échoué" in refusee.stderr, refusee.stderr
        assert "Traceback" not in refusee.stderr
