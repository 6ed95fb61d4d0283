"""Command for somebody who cannot receive « Mot de passe oublié »."""

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from edof.templatetags.affichage import de
from organismes.courriels import prevenir
from organismes.management.clavier import demander_un_mot_de_passe, la_personne


class Command(BaseCommand):
    """`manage.py changer_le_mot_de_passe COURRIEL`."""

    help = (
        "Change le mot de passe d'un compte, dont les connexions ouvertes se ferment. Un e-mail le lui dit."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the address of the account."""
        parser.add_argument("courriel", help="adresse e-mail du compte")

    def handle(self, *args: Any, courriel: str, **options: Any) -> None:
        """Ask for the password, then set it."""
        personne = la_personne(courriel)
        personne.set_password(demander_un_mot_de_passe(personne))
        personne.save(update_fields=["password"])
        prevenir(personne, "mot_de_passe_change")
        self.stdout.write(f"Le mot de passe {de(personne.courriel)} est changé.")
