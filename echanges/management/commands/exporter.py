"""The command `manage.py exporter --organisme SIRET --format FORMAT [-o FICHIER]`."""

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from echanges.controles import controler, titre
from echanges.exports import FORMATS, Demande, TropDeLignes, exporter
from echanges.lignes import Niveau
from organismes.models import Organisme


class Command(BaseCommand):
    """The command that writes an export; what is held back or doubtful goes to the standard error."""

    help = "Exporte le catalogue d'un organisme : XML d'EDOF, CSV, classeur, ou archive de tout."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the organisme, the format, the level of a table, and the file."""
        parser.add_argument("--organisme", required=True, metavar="SIRET")
        parser.add_argument("--format", required=True, choices=list(FORMATS))
        parser.add_argument(
            "--niveau", default=Niveau.SESSION.value, choices=Niveau.values, help="pour csv et xlsx"
        )
        parser.add_argument("-o", "--sortie", metavar="FICHIER", help="la sortie standard si absent")

    def handle(self, *args: Any, **options: Any) -> None:
        """Write the export."""
        organisme = Organisme.objects.filter(siret=options["organisme"].replace(" ", "")).first()
        if organisme is None:
            raise CommandError(f"Aucun organisme n'a le SIRET {options['organisme']}.")
        if options["format"] == "edof-xml":
            self._controler(organisme)
        try:
            export = exporter(organisme, options["format"], Demande(niveau=options["niveau"]))
            if not options["sortie"]:
                for morceau in export.octets:
                    sys.stdout.buffer.write(morceau)
                return
            with Path(options["sortie"]).open("wb") as fichier:
                for morceau in export.octets:
                    fichier.write(morceau)
        except TropDeLignes as trop:
            raise CommandError(str(trop)) from trop
        except OSError as erreur:
            raise CommandError(f"Le fichier « {options['sortie']} » ne peut pas être écrit.") from erreur

    def _controler(self, organisme: Organisme) -> None:
        rapport = controler(organisme)
        if rapport.vide:
            raise CommandError("Aucune session ne peut être exportée : rien n'est écrit.")
        partent = ", ".join(f"{nombre} {niveau}s" for niveau, nombre in rapport.partent.items())
        self.stderr.write(f"Exporté : {partent}.")
        for quoi, comptes in (
            ("Retenu", rapport.comptes_des_retenues),
            ("À vérifier", rapport.comptes_des_alertes),
        ):
            for code, nombre in comptes.most_common():
                self.stderr.write(f"{quoi} : {titre(code)} ({code}) : {nombre}")
