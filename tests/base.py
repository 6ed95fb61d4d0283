"""The test database: a copy of a template database, which the migrations build again when they change.

And what the tests of one file share there.
"""

import contextlib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import django
import psycopg
import pytest
from django.conf import settings
from django.db import connection, connections, transaction
from django.test import TransactionTestCase, override_settings
from psycopg import sql

RACINE = Path(__file__).parent.parent
# Key of the advisory lock: copying the template waits for a migration in progress. Any constant will do.
VERROU = 20_26

# Above this size in bytes a table is truncated, so that no test reads the dead rows of those before it.
GRANDE = 1_000_000
# What the migrations leave there is derived from the models: Django would write the same again.
DERIVEES = {"django_content_type", "auth_permission"}


def empreinte() -> str:
    """Return a digest of the migrations: the project's, with their SQL, and those of the libraries.

    The libraries are covered by their locked versions (requirements/dev.txt).
    """
    fichiers = [
        *RACINE.glob("*/migrations/**/*.py"),
        *RACINE.glob("*/migrations/**/*.sql"),
        RACINE / "requirements" / "dev.txt",
    ]
    total = hashlib.sha256(django.__version__.encode())
    for fichier in sorted(fichiers):
        total.update(fichier.relative_to(RACINE).as_posix().encode() + fichier.read_bytes())
    return total.hexdigest()[:12]


def _serveur() -> "psycopg.Connection[Any]":
    base = connection.settings_dict
    acces = {"host": base["HOST"], "port": base["PORT"], "user": base["USER"], "password": base["PASSWORD"]}
    return psycopg.connect(
        dbname=settings.DATABASES["default"]["NAME"],
        autocommit=True,
        **{nom: dit for nom, dit in acces.items() if dit},
    )


def _migrer_le_modele(serveur: "psycopg.Connection[Any]", modele: str) -> None:
    for (ancien,) in serveur.execute(
        "SELECT datname FROM pg_database WHERE datname LIKE 'modele\\_%'"
    ).fetchall():
        serveur.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(ancien)))
    origine, essai = connection.settings_dict["NAME"], connection.settings_dict["TEST"]["NAME"]
    connection.settings_dict["TEST"]["NAME"] = f"{modele}_en_cours"
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    connections.close_all()
    for reglages in (connection.settings_dict, settings.DATABASES["default"]):
        reglages["NAME"], reglages["TEST"]["NAME"] = origine, essai
    # The database gets its final name only once it is complete.
    serveur.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(f"{modele}_en_cours"), sql.Identifier(modele)
        )
    )


@pytest.fixture(scope="session")
def django_db_setup(
    django_test_environment: None, django_db_blocker: Any, django_db_modify_db_settings: None
) -> Iterator[None]:
    """Connect Django to a fresh copy of the template database. Replaces the fixture of pytest-django."""
    modele, copie = f"modele_{empreinte()}", connection.creation._get_test_db_name()
    with django_db_blocker.unblock(), _serveur() as serveur:
        serveur.execute("SELECT pg_advisory_lock(%s)", [VERROU])
        if not serveur.execute("SELECT 1 FROM pg_database WHERE datname = %s", [modele]).fetchone():
            _migrer_le_modele(serveur, modele)
        serveur.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(copie)))
        serveur.execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(copie), sql.Identifier(modele))
        )
        serveur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])
        connections.close_all()
        connection.settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = copie
        yield
        connections.close_all()
        serveur.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(copie)))


@pytest.fixture(scope="module")
def base_du_fichier(
    request: Any, django_db_setup: None, django_db_blocker: Any
) -> Iterator[Callable[[], contextlib.AbstractContextManager[None]]]:
    """Open a transaction around the tests of a file; return what opens the database to its module fixtures.

    What they write is made once; each test runs within a savepoint, then the whole is taken back. Not for a
    file with a test that commits.
    """
    modules = (item for item in request.session.items if item.getparent(pytest.Module) is request.node)
    for item in modules:
        marque = item.get_closest_marker("django_db")
        assert not (marque and marque.kwargs.get("transaction")), f"{item.nodeid} commits"

    @contextlib.contextmanager
    def ouvrir() -> Iterator[None]:
        # As the fixtures of each test do (tests/conftest.py).
        rapides = ["django.contrib.auth.hashers.MD5PasswordHasher"]
        with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=rapides):
            yield
            # Each test would otherwise check them again.
            connection.check_constraints()

    enveloppe = transaction.atomic()
    # As Django does for TestCase: what must be outermost is so in a test.
    enveloppe._from_testcase = True
    with django_db_blocker.unblock():
        enveloppe.__enter__()
    yield ouvrir
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        enveloppe.__exit__(None, None, None)


@contextlib.contextmanager
def base_neuve(nom: str, *, vide: bool = False) -> Iterator[str]:
    """Create a database apart from that of Django; yield its name, then drop it.

    It is a copy of the template database, or has no table.
    """
    copie = sql.Identifier(f"{connection.settings_dict['NAME']}_{nom}")
    modele = sql.Identifier("template1" if vide else f"modele_{empreinte()}")
    with _serveur() as serveur:
        serveur.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(copie))
        serveur.execute("SELECT pg_advisory_lock(%s)", [VERROU])
        serveur.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(copie, modele))
        serveur.execute("SELECT pg_advisory_unlock(%s)", [VERROU])
        try:
            yield f"{connection.settings_dict['NAME']}_{nom}"
        finally:
            serveur.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(copie))


_vider_par_flush = TransactionTestCase._fixture_teardown


def _vider(self: TransactionTestCase) -> None:
    """Empty the tables after a test that commits, as Django's `flush` does, in a thirtieth of its time.

    TRUNCATE gives new files to each table and each index, even when they hold nothing; some rows are deleted
    faster. As with TRUNCATE, nothing goes on beside it: each table is locked, and no trigger runs.
    """
    noms = connection.introspection.django_table_names(only_existing=True, include_views=False)
    noms = sorted(set(noms) - DERIVEES)
    with transaction.atomic(), connection.cursor() as curseur:
        tables = {nom: connection.ops.quote_name(nom) for nom in noms}
        curseur.execute(f"LOCK TABLE {', '.join(tables.values())} IN ACCESS EXCLUSIVE MODE")
        curseur.execute(
            " UNION ALL ".join(
                f"SELECT '{nom}', pg_relation_size('{table}') WHERE EXISTS (SELECT FROM {table})"
                for nom, table in tables.items()
            )
        )
        remplies = dict(curseur.fetchall())
        if remplies and max(remplies.values()) <= GRANDE:
            suppressions = "; ".join(f"DELETE FROM {tables[nom]}" for nom in remplies)
            curseur.execute(f"SET LOCAL session_replication_role = replica; {suppressions}")
            remplies.clear()
    if remplies:
        _vider_par_flush(self)


TransactionTestCase._fixture_teardown = _vider  # type: ignore[method-assign]
