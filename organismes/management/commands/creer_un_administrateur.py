"""Command for the first administrator, or another one when nobody can enter."""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from organismes.management.clavier import demander_le_champ, demander_un_mot_de_passe
from organismes.models import Utilisateur


class Command(BaseCommand):
    """`manage.py creer_un_administrateur COURRIEL`."""

    help = "Crée le compte d'un administrateur, qui peut tout. Demande son prénom, son nom, son mot de passe."

    def add_arguments(self, parser: CommandParser) -> None:
        """Add the address of the account."""
        parser.add_argument("courriel", help="adresse e-mail, avec laquelle il se connectera")

    def handle(self, *args: Any, courriel: str, **options: Any) -> None:
        """Ask, then create the account."""
        try:
            adresse = Utilisateur._meta.get_field("courriel").clean(courriel, None)
        except ValidationError as erreur:
            raise CommandError(" ".join(erreur.messages)) from None
        if Utilisateur.objects.filter(courriel__iexact=adresse).exists():
            raise CommandError(
                f"{adresse} a déjà un compte. Son mot de passe se change ainsi :"
                f" changer_le_mot_de_passe {adresse}"
            )
        personne = Utilisateur(courriel=adresse)
        personne.prenom = demander_le_champ(personne, "prenom")
        personne.nom = demander_le_champ(personne, "nom")
        Utilisateur.objects.create_superuser(
            adresse, demander_un_mot_de_passe(personne), prenom=personne.prenom, nom=personne.nom
        )
        self.stdout.write(f"{personne} peut se connecter, avec {personne.courriel} et ce mot de passe.")
