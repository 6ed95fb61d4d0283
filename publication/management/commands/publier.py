"""`manage.py publier --jour AAAA-MM-JJ [--simulation]`."""

import datetime as dt
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edof.horloge import aujourd_hui
from publication.passages import PublicationImpossible, publier


def _jour(texte: str) -> dt.date:
    try:
        return dt.date.fromisoformat(texte)
    except ValueError as erreur:
        raise CommandError("Le jour s'écrit AAAA-MM-JJ, par exemple 2026-03-29.") from erreur


class Command(BaseCommand):
    """Run, or preview, the publication of a day."""

    help = "Publie le jour donné (et les jours manquants qui le précèdent), ou montre ce qu'il ferait paraître."

    def add_arguments(self, parser: CommandParser) -> None:
        """`--jour` (today by default) and `--simulation`."""
        parser.add_argument("--jour", type=_jour, default=None, help="AAAA-MM-JJ ; aujourd'hui si absent")
        parser.add_argument("--simulation", action="store_true", help="ne rien écrire")

    def handle(self, *args: Any, **options: Any) -> None:
        """One line per day."""
        jour = options["jour"] or aujourd_hui()
        try:
            passages = publier(jour, par="commande publier", simulation=options["simulation"])
        except PublicationImpossible as erreur:
            raise CommandError(str(erreur)) from erreur
        if not passages:
            self.stdout.write(f"Le {jour:%d/%m/%Y} est déjà publié : rien à faire.")
        for passage in passages:
            retenues = ", ".join(f"{slug} : {n}" for slug, n in sorted(passage.retenues.items())) or "aucune"
            self.stdout.write(
                f"{'Simulation du' if options['simulation'] else 'Publication du'} {passage.jour:%d/%m/%Y} : "
                f"{passage.parues} parues, {passage.modifiees} modifiées, {passage.retirees} retirées ; retenues : {retenues}."
            )
