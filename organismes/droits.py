"""Rights: the table role × operation, used by pages, buttons, the administration, the API and tasks."""

from typing import Any, Protocol

from django.core.exceptions import PermissionDenied
from django.db import models


class Role(models.TextChoices):
    """The role of a member in an organisme."""

    GESTIONNAIRE = "gestionnaire", "Gestionnaire"
    REDACTEUR = "redacteur", "Rédacteur"
    LECTEUR = "lecteur", "Lecteur"


# What each role may do, in words.
CE_QUE_PEUT = {
    Role.LECTEUR: "Lecteur : il lit le catalogue, rien d'autre",
    Role.REDACTEUR: "Rédacteur : il saisit et valide",
    Role.GESTIONNAIRE: "Gestionnaire : il ouvre, ferme, archive et supprime aussi",
}


class Operation(models.TextChoices):
    """The operations on an offre, an action or a session (D-10), then on the members of an organisme."""

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
    GERER_LES_JETONS = "gerer_les_jetons", "Gérer les jetons d'API et les webhooks"
    PROTEGER_LES_COMPTES = "proteger_les_comptes", "Exiger un second facteur, en retirer un"
    GERER_L_ORGANISME = "gerer_l_organisme", "Changer les habitudes et les fermetures de l'organisme"


SAISIE = frozenset({Operation.CONSULTER, Operation.MODIFIER, Operation.VALIDER, Operation.DUPLIQUER})

# The description of each role, shown on the screens where a role is chosen.
PORTEE = {
    Role.GESTIONNAIRE: (
        "Tout faire : saisir, ouvrir et fermer à l'inscription, archiver, supprimer, gérer l'équipe, les"
        " jetons d'API et les webhooks."
    ),
    Role.REDACTEUR: "Saisir, dupliquer et valider ; ni ouvrir à l'inscription, ni archiver, ni supprimer.",
    Role.LECTEUR: "Consulter, sans rien modifier.",
}
DROITS: dict[str, frozenset[Operation]] = {
    Role.GESTIONNAIRE: frozenset(Operation),
    Role.REDACTEUR: SAISIE,
    Role.LECTEUR: frozenset({Operation.CONSULTER}),
}


# What the administration grants beside roles: the permission of Django that stands for the operation.
DE_L_ADMINISTRATION = {Operation.INVITER: "organismes.change_invitation"}
# A visit of the administration (organismes/visites.py) reads, whatever the rights of the visitor.
EN_VISITE = "Vous visitez cet espace sans pouvoir rien y changer : quittez la visite d'abord."


class Acteur(Protocol):
    """The author of an operation: a person, or a program with a token of an organisme."""

    @property
    def is_active(self) -> bool:
        """Return whether the author is still allowed to act at all."""

    @property
    def is_superuser(self) -> bool:
        """Return whether the author may act in every organisme."""

    @property
    def signature(self) -> dict[str, Any]:
        """Return the metadata that identifies the author in the history."""

    def role_dans(self, organisme_id: int) -> str | None:
        """Return the role of the author in this organisme, or None when they have none."""


def role_permet(role: str, operation: Operation) -> bool:
    """Return whether a member with `role` may do `operation` in their organisme."""
    return operation in DROITS.get(role, frozenset())


def refus(operation: Operation) -> PermissionDenied:
    """Return the PermissionDenied to raise when the role lacks the right, with a sentence for the user."""
    return PermissionDenied(f"Votre rôle ne permet pas l'opération « {operation.label} ».")


def peut(acteur: Acteur, operation: Operation, organisme_id: int) -> bool:
    """Return whether `acteur` may do `operation` on a record of this organisme.

    The right comes from the role of the author in the organisme, or from being an administrator.
    """
    if not acteur.is_active:
        return False
    if acteur.is_superuser:
        return True
    role = acteur.role_dans(organisme_id)
    return (role is not None and role_permet(role, operation)) or _accorde(acteur, operation)


def _accorde(acteur: Acteur, operation: Operation) -> bool:
    """Return whether the administration grants this operation to one of its own in every organisme."""
    permission = DE_L_ADMINISTRATION.get(operation)
    return bool(permission and getattr(acteur, "is_staff", False) and acteur.has_perm(permission))  # type: ignore[attr-defined]


def refus_en_visite(methode: str) -> str:
    """Return why a request of this method is refused during a visit; empty when it only reads."""
    return "" if methode in {"GET", "HEAD", "OPTIONS"} else EN_VISITE


def exiger_de(acteur: Acteur, operation: Operation, organisme_id: int) -> None:
    """Raise PermissionDenied, with a sentence, when `peut` returns False."""
    if not peut(acteur, operation, organisme_id):
        raise refus(operation)
