"""Command for an administrator who has lost everything: takes the second factor of an account away."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from edof.templatetags.affichage import de
from organismes.management.clavier import la_personne
from organismes.second_facteur import retirer


class Command(BaseCommand):
    """`manage.py retirer_le_second_facteur COURRIEL`."""

    help = "Retire le second facteur d'un compte, dont le mot de passe suffit ensuite. Un e-mail le lui dit."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the address of the account."""
        parser.add_argument("courriel", help="adresse e-mail du compte")

    def handle(self, *args: Any, courriel: str, **options: Any) -> None:
        """Take the second factor away."""
        personne = la_personne(courriel)
        if not retirer(personne, par=personne):
            raise CommandError(f"{personne.courriel} n'a pas de second facteur.")
        self.stdout.write(f"Le second facteur {de(personne.courriel)} est retiré : le mot de passe suffit.")
