"""Tests of the backups: what is restored is the same to the row, and publishes the same the next morning."""

import datetime as dt
import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from psycopg import sql

from catalogue import tasks
from edof.horloge import aujourd_hui
from edof.postgres_embarque import Serveur
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


def contenu(url: str) -> dict[str, str]:
    """Return a digest of the rows of each table."""
    with psycopg.connect(url) as liaison:
        liaison.execute("SET timezone = 'UTC'")
        tables = liaison.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        return {
            table: liaison.execute(
                sql.SQL(
                    "SELECT md5(string_agg(t::text, E'\\n' ORDER BY t::text COLLATE \"C\")) FROM {} t"
                ).format(sql.Identifier(table))
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
        la_bas_url, ici_url = url_de_la_base(la_bas), url_de_la_base(ici)
        assert contenu(la_bas_url) == contenu(ici_url)
        assert contenu(ici_url)["publication_parution"]
        # A second one, over what is there, changes nothing.
        refusee = gerer(la_bas, "restaurer", str(sauvegarde), jour=demain)
        assert refusee.returncode and "restaurez dans une base vide" in refusee.stderr
        settings.EDOF_AUJOURDHUI = apres
        call_command("publier", verbosity=0)
        assert gerer(la_bas, "publier", jour=apres).returncode == 0
        connection.close()
        differences = {nom for nom, dit in contenu(la_bas_url).items() if dit != contenu(ici_url)[nom]}
        assert differences <= DU_PASSAGE


@pytest.mark.django_db(transaction=True)
# The server's guardian outlives this process, as it must.
@pytest.mark.filterwarnings("ignore:subprocess .* is still running:ResourceWarning")
def test_une_archive_se_restaure_sur_un_serveur_plus_ancien_ou_pas_du_tout(tmp_path):
    """The tools are of PostgreSQL 18: what they write of themselves is refused by the servers before 17."""
    anciens = [dossier for n in (14, 15, 16) for dossier in Path("/usr/lib/postgresql").glob(f"{n}/bin")]
    if not anciens:
        pytest.skip("aucun PostgreSQL de 14 à 16 ici")
    Monde().session("s1", ouverte=True)
    sauvegarde = sauvegarder(tmp_path, garder=2)
    ici = connection.settings_dict["NAME"]
    serveur = Serveur(tmp_path / "ancien", durable=False)
    serveur.binaires, serveur.majeure = anciens[-1], int(anciens[-1].parent.name)
    serveur.donnees = serveur.etat / f"postgres-{serveur.majeure}"
    with serveur.en_usage() as url:
        coupee = tmp_path / "coupee.dump"
        coupee.write_bytes(sauvegarde.read_bytes()[: -sauvegarde.stat().st_size // 3])
        refusee = restaurer(url, coupee)
        assert refusee.returncode and "n'a pas été restaurée" in refusee.stderr, refusee.stderr
        # Nothing was kept of the one that is cut, so the whole one finds an empty database.
        remise = restaurer(url, sauvegarde)
        assert remise.returncode == 0, remise.stderr
        with psycopg.connect(url) as liaison:
            assert liaison.info.server_version < 170_000
        assert contenu(url) == contenu(url_de_la_base(ici))


def restaurer(url: str, sauvegarde: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", "restaurer", str(sauvegarde)],
        env=os.environ | {"DATABASE_URL": url, "DEBUG": "1"},
        capture_output=True,
        text=True,
        timeout=300,
    )


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
        assert refusee.returncode and "n'a pas été restaurée" in refusee.stderr, refusee.stderr
        assert "Traceback" not in refusee.stderr
        refusee = gerer(vide, "restaurer", str(tmp_path / "absente"), jour=aujourd_hui())
        assert refusee.returncode and "n'est pas un fichier" in refusee.stderr, refusee.stderr
        # A database that nobody has prepared is said, not shown as a fault of the program.
        for commande in (["publier"], ["changer_le_mot_de_passe", "x@test.example"]):
            refusee = gerer(vide, *commande, jour=aujourd_hui())
            assert refusee.returncode == 1, refusee.stderr
            assert refusee.stderr == (
                "La base n'est pas prête pour cette version : lancez d'abord manage.py migrate.\n"
            )
    with pytest.raises(CommandError, match="ne peut pas être fait"):
        call_command("sauvegarder", str(tmp_path / "faux"))


@pytest.mark.django_db
def test_un_jour_qui_ne_se_lit_pas_est_une_phrase():
    faite = gerer(connection.settings_dict["NAME"], "publier", "--jour", "2027-02-30", jour=aujourd_hui())
    assert faite.returncode == 1 and "Traceback" not in faite.stderr
    assert "Le jour s'écrit AAAA-MM-JJ" in faite.stderr
