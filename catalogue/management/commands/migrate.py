"""Django's `migrate`, after a check that the database was made by the migrations of this version.

It never waits long for a table: whoever uses it would wait behind.
"""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import OperationalError, connections
from django.db.migrations.loader import MigrationLoader
from psycopg.errors import LockNotAvailable

# Behind a migration that waits for a table, every request for it waits too: it gives up first.
ATTENTE = "4s"


class Command(migrate.Command):
    """The command `manage.py migrate`: it refuses a database made by other migrations, and waits little."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Refuse, before anything changes, a database made by other migrations; otherwise migrate.

        Such a database is detected by the applied migrations whose names no longer exist: a name like
        `0001_initial` proves nothing, because it may be used again with another content.
        """
        connexion = connections[options["database"]]
        chargeur = MigrationLoader(connexion)
        configs = apps.get_app_configs()
        notres = {config.label for config in configs if Path(config.path).parent == settings.BASE_DIR}
        disparues = set(chargeur.applied_migrations) - set(chargeur.disk_migrations)
        if inconnues := sorted(f"{app}.{nom}" for app, nom in disparues if app in notres):
            raise CommandError(
                "Cette base de données vient d'une autre version du programme"
                f" (migration {inconnues[-1]}, qui n'existe pas ici) : revenez à cette version,"
                " ou repartez d'une base vide (« ./run reset » efface celle de ./run, avec ses données)."
            )
        with connexion.cursor() as curseur:
            curseur.execute(f"SET lock_timeout = '{ATTENTE}'")
        try:
            super().handle(*args, **options)
        except OperationalError as erreur:
            if not isinstance(erreur.__cause__, LockNotAvailable):
                raise
            raise CommandError(
                "Une table est occupée par un autre travail, et la migration n'a pas attendu, pour ne bloquer"
                " personne. Ce qui est migré le reste, rien n'est à moitié fait : relancez « migrate » dans"
                " un moment."
            ) from erreur
        with connexion.cursor() as curseur:
            curseur.execute("RESET lock_timeout")
