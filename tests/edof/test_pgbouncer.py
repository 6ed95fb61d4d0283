"""Test of the program behind PgBouncer in transaction mode, each transaction on another connection."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from configparser import ConfigParser
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.conf import settings
from django.db import connection

from edof import demande, variables
from edof.postgres_embarque import _compte
from publication.passages import VERROU
from tests.outils import port_libre
from tests.parcours import parcourir

RACINE = Path(__file__).parents[2]
PGBOUNCER = "/usr/sbin/pgbouncer"
CONNEXIONS = 3


def configuration(port: int, base: dict[str, Any]) -> str:
    """Return front/pgbouncer.ini, over the database of the tests.

    Connections are few and given in turn, so that two transactions are never on the same one.
    """
    lue = ConfigParser(interpolation=None)
    lue.read(RACINE / "front" / "pgbouncer.ini")
    acces = f"host={base['HOST']} port={base['PORT'] or 5432} dbname={base['NAME']}"
    lue["databases"]["edof"] = (
        lue["databases"]["edof"]
        .replace("host=db port=5432 dbname=edof", acces)
        .replace("connect_query", f"user={base['USER'] or os.environ.get('PGUSER', 'edof')} connect_query")
    )
    lue["pgbouncer"].update(
        {
            "listen_addr": "127.0.0.1",
            "listen_port": str(port),
            "auth_type": "any",
            "default_pool_size": str(CONNEXIONS),
            "min_pool_size": str(CONNEXIONS),
            "server_round_robin": "1",
        }
    )
    del lue["pgbouncer"]["auth_file"]
    lignes = (f"[{nom}]\n" + "".join(f"{c} = {v}\n" for c, v in lue[nom].items()) for nom in lue.sections())
    return "".join(lignes)


@pytest.fixture
def pooler(transactional_db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Put PgBouncer before the database of Django, as PGBOUNCER=1 has it; return its port."""
    if not Path(PGBOUNCER).exists():
        pytest.skip("absent : pgbouncer")
    port, ini = port_libre(), tmp_path / "pgbouncer.ini"
    ini.write_text(configuration(port, connection.settings_dict))
    compte = _compte()
    journal = tmp_path / "pgbouncer.log"
    with journal.open("wb") as sortie:
        processus = subprocess.Popen(
            [PGBOUNCER, *(["-u", compte.pw_name] if compte else []), str(ini)], stdout=sortie, stderr=sortie
        )
    monkeypatch.setenv("PGBOUNCER", "1")
    monkeypatch.setenv("DATABASE_URL", f"postgres://edof@127.0.0.1:{port}/edof")
    avant = dict(connection.settings_dict)
    connection.close()
    connection.settings_dict.update(
        {nom: dit for nom, dit in variables.base_de_donnees("-c jit=off").items() if nom != "ENGINE"}
    )
    monkeypatch.setattr(settings, "PGBOUNCER", True)
    try:
        for _ in range(100):
            if processus.poll() is not None:
                pytest.fail(journal.read_text())
            try:
                psycopg.connect(host="127.0.0.1", port=port, dbname="edof", user="edof").close()
                break
            except psycopg.OperationalError:
                time.sleep(0.05)
        yield port
    finally:
        connection.close()
        connection.settings_dict.update(avant)
        processus.terminate()
        processus.wait(10)


def sur_chacune(port: int, demande: str) -> list[tuple[Any, ...]]:
    """Return what each connection of the pool answers."""
    lues = []
    with psycopg.connect(
        host="127.0.0.1", port=port, dbname="edof", user="edof", autocommit=True, prepare_threshold=None
    ) as essai:
        for _ in range(CONNEXIONS):
            lues += essai.execute(f"SELECT pg_backend_pid(), {demande}").fetchall()
    assert len({pid for pid, *_ in lues}) == CONNEXIONS, "the pool gives its connections in turn"
    return [tuple(reste) for _, *reste in lues]


def test_tout_le_chemin_passe_par_pgbouncer(pooler: int) -> None:
    parcourir()
    # A request is known by its number there too, and PgBouncer gives it to each connection that it uses.
    demande.commencer("front-2027.01_abc")
    for _ in range(CONNEXIONS):
        with connection.cursor() as curseur:
            curseur.execute("SELECT current_setting('application_name')")
            assert curseur.fetchone() == (demande.nom_de_connexion(),)

    # Nothing stays on a connection that somebody else gets, and each has the delays of the web server.
    assert set(
        sur_chacune(
            pooler,
            "(SELECT count(*) FROM pg_prepared_statements),"
            " (SELECT count(*) FROM pg_cursors WHERE is_holdable),"
            " to_regclass('pg_temp.differences_du_jour'), current_setting('work_mem') = '64MB',"
            f" (SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = {VERROU})",
        )
    ) == {(0, 0, None, False, 0)}
    demandes = f"{settings.DELAIS['web']} {settings.SANS_COMPILER}"
    reglages = dict(mot.split("=") for mot in demandes.split("-c ") if mot)
    noms = [*reglages, "pgtrigger.ignore"]
    with connection.cursor() as curseur:
        for nom, dit in reglages.items():
            curseur.execute("SELECT set_config(%s, %s, true)", [nom, dit.strip()])
            reglages[nom] = curseur.fetchone()[0]
    (vus,) = set(sur_chacune(pooler, ", ".join(f"current_setting('{nom}')" for nom in noms)))
    assert dict(zip(noms, vus, strict=True)) == reglages | {"pgtrigger.ignore": "{}"}


def test_le_worker_refuse_pgbouncer() -> None:
    fait = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "edof", "worker", "--pool", "solo"],
        cwd=RACINE, env=os.environ | {"PGBOUNCER": "1"}, capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert fait.returncode and "PGBOUNCER est pour le serveur web" in fait.stderr
