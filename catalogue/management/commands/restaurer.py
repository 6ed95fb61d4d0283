"""Command that puts a backup back into an empty database."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edof.sauvegarde import SauvegardeImpossible, restaurer


class Command(BaseCommand):
    """The command `manage.py restaurer FICHIER`."""

    help = "Remet une sauvegarde dans une base vide."
    # The tables that the models want are not there yet.
    requires_migrations_checks = False

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the path of the backup."""
        parser.add_argument("fichier", type=Path)

    def handle(self, *args: Any, fichier: Path, **options: Any) -> None:
        """Restore, and say what comes next."""
        try:
            restaurer(fichier)
        except SauvegardeImpossible as erreur:
            raise CommandError(str(erreur)) from erreur
        self.stdout.write("La base est remise. Ensuite : manage.py migrate, puis vos services.")
