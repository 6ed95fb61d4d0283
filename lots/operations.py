"""The table of the operations on many records: one row per operation.

An operation of the life cycle is that of `catalogue/operations.py`. The others are changes of fields: each is
a « Modifier » whose values are computed for each record from the parameters of the lot.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from catalogue.ensemble import Tentative
from lots import valeurs
from lots.copie import copier, retirer
from lots.plans import deplanifier, planifier
from organismes.droits import Operation
from organismes.models import Organisme

# The values to write on a record, for the parameters of a lot.
Valeurs = Callable[[Any], dict[str, Any]]
TOUS, SESSIONS, ACTIONS = ("offre", "action", "session"), ("session",), ("action",)


@dataclass(frozen=True)
class OperationEnNombre:
    """How an operation on many records is offered, told and undone."""

    # The right, and the transition.
    operation: Operation
    # The button of the bar, and the verb of the confirmation: « Ouvrir les 34 sessions ».
    bouton: str
    verbe: str
    # The participles of the result, for one and for many.
    faite: str
    niveaux: tuple[str, ...] = TOUS
    # The name of the thing done, after « Annuler ».
    nom: str = ""
    # Computes the values of « Modifier »; None for an operation of the life cycle.
    valeurs: Callable[[Organisme, dict[str, Any]], Valeurs] | None = None
    # What does and undoes it, for an operation that changes other rows than those that are chosen.
    faire: Callable[..., list[Tentative]] | None = None
    defaire: Callable[..., list[Tentative]] | None = None
    # Whether what is done takes sessions off the public side at once (D-20).
    retire: bool = False

    @property
    def avec_parametres(self) -> bool:
        """Return whether a page asks for something before the rehearsal."""
        return self.valeurs is not None or self.faire is not None


# In the order of the bar.
OPERATIONS: dict[str, OperationEnNombre] = {
    "ouvrir": OperationEnNombre(
        Operation.OUVRIR, "Ouvrir", "Ouvrir", "ouverte,ouvertes", SESSIONS, nom="l'ouverture"
    ),
    "fermer": OperationEnNombre(
        Operation.FERMER, "Fermer", "Fermer", "fermée,fermées", SESSIONS, nom="la fermeture", retire=True
    ),
    "decaler": OperationEnNombre(
        Operation.MODIFIER,
        "Décaler",
        "Décaler",
        "décalée,décalées",
        SESSIONS,
        nom="le décalage",
        valeurs=valeurs.decaler,
    ),
    "prix": OperationEnNombre(
        Operation.MODIFIER,
        "Changer le prix",
        "Changer le prix de",
        "modifiée,modifiées",
        ACTIONS,
        nom="le changement de prix",
        valeurs=valeurs.changer_le_prix,
    ),
    "changer": OperationEnNombre(
        Operation.MODIFIER,
        "Modifier",
        "Modifier",
        "modifiée,modifiées",
        ("action", "session"),
        nom="la modification",
        valeurs=valeurs.changer,
    ),
    "archiver": OperationEnNombre(
        Operation.ARCHIVER, "Archiver", "Archiver", "archivée,archivées", nom="l'archivage", retire=True
    ),
    "valider": OperationEnNombre(
        Operation.VALIDER, "Valider", "Valider", "validée,validées", nom="la validation"
    ),
    "desarchiver": OperationEnNombre(
        Operation.DESARCHIVER,
        "Désarchiver",
        "Désarchiver",
        "désarchivée,désarchivées",
        nom="le désarchivage",
    ),
    "dupliquer": OperationEnNombre(
        Operation.DUPLIQUER,
        "Dupliquer vers",
        "Dupliquer",
        "dupliquée,dupliquées",
        SESSIONS,
        nom="la copie",
        faire=copier,
        defaire=retirer,
    ),
    "programmer": OperationEnNombre(
        Operation.OUVRIR,
        "Programmer",
        "Programmer",
        "programmée,programmées",
        SESSIONS,
        nom="la programmation",
        faire=planifier,
        defaire=deplanifier,
    ),
    "supprimer": OperationEnNombre(
        Operation.SUPPRIMER,
        "Supprimer",
        "Supprimer",
        "supprimée,supprimées",
        nom="la suppression",
    ),
}


def parametres_de(
    code: str, organisme: Organisme, parametres: dict[str, Any]
) -> Callable[[Any], dict[str, Any]]:
    """Return what gives, for a record, the parameters of the transition of this operation.

    Those of an operation of the life cycle go to its transition: `avec_descendants` for « Désarchiver ».
    """
    en_nombre = OPERATIONS[code]
    if en_nombre.valeurs is None:
        fixes: dict[str, Any] = {"valeurs": {}} if en_nombre.operation == Operation.VALIDER else parametres
        return lambda fiche: fixes
    valeurs_de = en_nombre.valeurs(organisme, parametres)
    return lambda fiche: {"valeurs": valeurs_de(fiche)}
