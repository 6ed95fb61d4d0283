"""Command that writes a backup of the database."""

import time
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edof.sauvegarde import SauvegardeImpossible, sauvegarder


class Command(BaseCommand):
    """The command `manage.py sauvegarder DOSSIER`."""

    help = "Écrit une sauvegarde de la base dans un dossier, et n'y garde que les dernières."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the folder, and how many backups stay in it."""
        parser.add_argument("dossier", type=Path)
        parser.add_argument("--garder", type=int, default=14, metavar="N", help="les N dernières (14)")

    def handle(self, *args: Any, dossier: Path, garder: int, **options: Any) -> None:
        """Write the backup, and print its name and its size."""
        if garder < 1:
            raise CommandError("--garder est au moins 1.")
        debut = time.monotonic()
        try:
            chemin = sauvegarder(dossier, garder)
        except (SauvegardeImpossible, OSError) as erreur:
            raise CommandError(str(erreur)) from erreur
        taille, duree = chemin.stat().st_size / 1_000_000, time.monotonic() - debut
        self.stdout.write(f"{chemin} : {taille:.1f} Mo en {duree:.0f} s.")
