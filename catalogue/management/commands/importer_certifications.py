"""The command `manage.py importer_certifications FICHIER.zip`."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogue.import_certifications import ImportImpossible, importer


class Command(BaseCommand):
    """The command that updates the registers from the export of France compétences."""

    help = "Met à jour les certifications RNCP et RS d'après l'export CSV (ZIP) de France compétences."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the path of the archive."""
        parser.add_argument("fichier", metavar="FICHIER.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """Import the archive, and print the report with the refused lines."""
        try:
            bilan = importer(options["fichier"], source=Path(options["fichier"]).name)
        except ImportImpossible as erreur:
            raise CommandError(str(erreur)) from erreur
        except OSError as erreur:
            raise CommandError(
                f"Le fichier « {options['fichier']} » ne peut pas être lu : vérifiez ses droits et le disque."
            ) from erreur
        for phrase in (*bilan.phrases(), *bilan.lignes_refusees()):
            self.stdout.write(phrase)
