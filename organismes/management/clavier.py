"""Whom the commands are about, and what they ask: at the keyboard, else a line each on the standard input."""

import getpass
import sys
from collections.abc import Callable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import CommandError
from django.db.models import Field

from organismes.models import Utilisateur


def la_personne(courriel: str) -> Utilisateur:
    """Return the account with this address; raise CommandError when there is none."""
    try:
        return Utilisateur.objects.get_by_natural_key(courriel)
    except Utilisateur.DoesNotExist:
        raise CommandError(f"Aucun compte n'a l'adresse {courriel}.") from None


def demander_le_champ(personne: Utilisateur, nom: str) -> str:
    """Return what is answered for this field of the person, which is not empty."""
    champ: Field[str, str] = Utilisateur._meta.get_field(nom)  # type: ignore[assignment]

    def accepter(lu: str) -> str:
        if not (propre := str(champ.clean(lu, personne))):
            raise ValidationError("Ce champ est obligatoire.")
        return propre

    return _demander(f"{str(champ.verbose_name).capitalize()} : ", accepter)


def demander_un_mot_de_passe(personne: Utilisateur) -> str:
    """Return a password typed twice, that the rules accept for this person."""

    def accepter(lu: str) -> str:
        validate_password(lu, personne)
        if _lire("Encore une fois : ", cache=True) != lu:
            raise ValidationError("Les deux mots de passe ne sont pas les mêmes.")
        return lu

    return _demander("Mot de passe : ", accepter, cache=True)


def _demander(question: str, accepter: Callable[[str], str], *, cache: bool = False) -> str:
    while True:
        try:
            return accepter(_lire(question, cache=cache))
        except ValidationError as erreur:
            sys.stderr.writelines(f"{phrase}\n" for phrase in erreur.messages)


def _lire(question: str, *, cache: bool) -> str:
    try:
        return getpass.getpass(question) if cache and sys.stdin.isatty() else input(question)
    except EOFError:
        raise CommandError(f"Il manque une réponse à « {question.strip(' :')} ».") from None
