"""The command `manage.py charger_demo [--si-vide]`."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from demo import donnees as demo
from organismes.models import Organisme


class Command(BaseCommand):
    """The command that loads the demo data into an empty database."""

    help = "Charge les données de démonstration dans une base vide."

    def add_arguments(self, parser: CommandParser) -> None:
        """Declare `--si-vide`: do nothing, without an error, when the database already has data."""
        parser.add_argument("--si-vide", action="store_true")

    def handle(self, *args: Any, **options: Any) -> None:
        """Load the demo data in one transaction."""
        if not settings.DEVELOPPEMENT:
            raise CommandError(
                "Les comptes de démonstration ont un mot de passe connu de tous : ils demandent DEBUG=1."
            )
        if Organisme.objects.exists():
            if options["si_vide"]:
                return
            raise CommandError("La base n'est pas vide : ./run reset repart de zéro.")
        with transaction.atomic():
            demo.charger()
        self.stdout.write("Données de démonstration chargées.")
