"""`manage.py importer_certifications FICHIER.zip`."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from catalogue.import_certifications import ImportImpossible, importer


class Command(BaseCommand):
    """Bring the registers up to date from France compétences' export."""

    help = "Met à jour les certifications RNCP et RS d'après l'export CSV (ZIP) de France compétences."

    def add_arguments(self, parser: CommandParser) -> None:
        """The archive."""
        parser.add_argument("fichier", metavar="FICHIER.zip")

    def handle(self, *args: Any, **options: Any) -> None:
        """The report, refused lines included."""
        try:
            bilan = importer(options["fichier"])
        except ImportImpossible as erreur:
            raise CommandError(str(erreur)) from erreur
        except OSError as erreur:
            raise CommandError(
                f"Le fichier « {options['fichier']} » ne peut pas être lu : vérifiez ses droits et le disque."
            ) from erreur
        for phrase in (*bilan.phrases(), *bilan.lignes_refusees()):
            self.stdout.write(phrase)
