"""Rights: the table role × operation, read by pages, buttons, admin, API and tasks alike."""

from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from django.db import models


class Role(models.TextChoices):
    """What a member is in an organisme."""

    GESTIONNAIRE = "gestionnaire", "Gestionnaire"
    REDACTEUR = "redacteur", "Rédacteur"
    LECTEUR = "lecteur", "Lecteur"


class Operation(models.TextChoices):
    """What can be done to an offre, an action or a session (D-10), then to the people of an organisme."""

    CONSULTER = "consulter", "Consulter"
    MODIFIER = "modifier", "Modifier"
    VALIDER = "valider", "Valider"
    DUPLIQUER = "dupliquer", "Dupliquer"
    OUVRIR = "ouvrir", "Ouvrir à l'inscription"
    FERMER = "fermer", "Fermer à l'inscription"
    ARCHIVER = "archiver", "Archiver"
    DESARCHIVER = "desarchiver", "Désarchiver"
    SUPPRIMER = "supprimer", "Supprimer"
    INVITER = "inviter", "Inviter un membre"
    CHANGER_UN_ROLE = "changer_un_role", "Changer un rôle"
    RETIRER = "retirer", "Retirer un membre"
    GERER_LES_JETONS = "gerer_les_jetons", "Gérer les jetons d'API"


SAISIE = frozenset({Operation.CONSULTER, Operation.MODIFIER, Operation.VALIDER, Operation.DUPLIQUER})

# What each role may do, as the screens that give one say it.
PORTEE = {
    Role.GESTIONNAIRE: (
        "Tout faire : saisir, ouvrir et fermer à l'inscription, archiver, supprimer, gérer l'équipe et les"
        " jetons d'API."
    ),
    Role.REDACTEUR: "Saisir, dupliquer et valider ; ni ouvrir à l'inscription, ni archiver, ni supprimer.",
    Role.LECTEUR: "Consulter, sans rien modifier.",
}
DROITS: dict[str, frozenset[Operation]] = {
    Role.GESTIONNAIRE: frozenset(Operation),
    Role.REDACTEUR: SAISIE,
    Role.LECTEUR: frozenset({Operation.CONSULTER}),
}


class Acteur(Protocol):
    """Whoever acts: a person, or a program that holds a token of an organisme."""

    @property
    def is_active(self) -> bool:
        """Whether it may still act at all."""

    @property
    def is_superuser(self) -> bool:
        """Whether it may act everywhere."""

    @property
    def signature(self) -> dict[str, Any]:
        """How the history names it."""

    def role_dans(self, organisme_id: int) -> str | None:
        """Its role in this organisme; None when it has no place there."""


def role_permet(role: str, operation: Operation) -> bool:
    """Whether a member with `role` may do `operation` in its organisme (decisions, « Demo accounts »)."""
    return operation in DROITS.get(role, frozenset())


def refus(operation: Operation) -> PermissionDenied:
    """What to raise when the role has not this right: with a sentence for the person."""
    return PermissionDenied(f"Votre rôle ne permet pas l'opération « {operation.label} ».")


def peut(acteur: Acteur, operation: Operation, organisme_id: int) -> bool:
    """Whether it may do `operation` on a record of this organisme: by its role there, or as administrator."""
    if not acteur.is_active:
        return False
    if acteur.is_superuser:
        return True
    role = acteur.role_dans(organisme_id)
    return role is not None and role_permet(role, operation)


def exiger_de(acteur: Acteur, operation: Operation, organisme_id: int) -> None:
    """Raise PermissionDenied, with a sentence, when `peut` says no."""
    if not peut(acteur, operation, organisme_id):
        raise refus(operation)
