"""Django's `migrate`, which first makes sure that the database was made by the migrations of this version."""

from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.management import CommandError
from django.core.management.commands import migrate
from django.db import connections
from django.db.migrations.loader import MigrationLoader


class Command(migrate.Command):
    """`manage.py migrate`: refuses, before anything changes, a database of other migrations."""

    def handle(self, *args: Any, **options: Any) -> None:
        """A name like `0001_initial` may come back with another content: names that are gone tell."""
        chargeur = MigrationLoader(connections[options["database"]])
        configs = apps.get_app_configs()
        notres = {config.label for config in configs if Path(config.path).parent == settings.BASE_DIR}
        disparues = set(chargeur.applied_migrations) - set(chargeur.disk_migrations)
        if inconnues := sorted(f"{app}.{nom}" for app, nom in disparues if app in notres):
            raise CommandError(
                "Cette base de données vient d'une autre version du programme"
                f" (migration {inconnues[-1]}, qui n'existe pas ici) : revenez à cette version,"
                " ou repartez d'une base vide (« ./run reset » efface celle de ./run, avec ses données)."
            )
        super().handle(*args, **options)
