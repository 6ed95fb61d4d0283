"""The life cycle of every record, and the one door through which it goes.

The states and who goes where are decorators on the methods of `Fiche` and `Session` (read them as a table);
why an operation is refused is a `Condition` beside them; how it is executed is `executer`, the only way in
for a page, the admin, the API, an import or a task (D-10 to D-17).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pghistory
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django_fsm import RETURN_VALUE, transition

from organismes.droits import Acteur, Operation, exiger_de, peut

if TYPE_CHECKING:
    from catalogue.models import Fiche


class Statut(models.TextChoices):
    """The four statuses (S-32)."""

    BROUILLON = "brouillon", "Brouillon"
    VALIDEE = "validee", "Validée"
    ACTIVE = "active", "Active"
    ARCHIVEE = "archivee", "Archivée"


class Origine(models.TextChoices):
    """Where an operation came from, for the history."""

    FORMULAIRE = "formulaire", "Formulaire"
    AUTOMATIQUE = "automatique", "Enregistrement automatique"
    ADMIN = "admin", "Administration"
    API = "api", "API"
    IMPORT = "import", "Import"
    TACHE = "tache", "Tâche programmée"
    DEMO = "demo", "Données de démonstration"


@dataclass(frozen=True)
class Refus:
    """Why an operation is refused: a French sentence, the field to correct, the record that blocks, the slug
    of the rule; `deja` when it is because things are already as asked.
    """

    phrase: str
    champ: str | None = None
    coupable: "Fiche | None" = None
    code: str = ""
    deja: bool = False


class OperationRefusee(Exception):
    """The operation cannot be done now; `refus` says why, one sentence per reason."""

    def __init__(self, refus: Iterable[Refus]) -> None:
        self.refus = list(refus)
        super().__init__(" ".join(refus.phrase for refus in self.refus))


class Condition:
    """A condition of a transition: called by django-fsm it answers yes or no, `refus` says why not.

    `masque=True` is for what belongs to the state (D-10): the operation is then not offered at all.
    """

    def __init__(self, refus: Callable[[Any], Iterator[Refus]], *, masque: bool = False) -> None:
        self.refus = refus
        self.masque = masque
        self.__name__ = refus.__name__

    def __call__(self, fiche: Any) -> bool:
        return not any(True for _ in self.refus(fiche))


def passage(
    operation: Operation,
    *,
    de: list[str],
    vers: str | RETURN_VALUE | None,
    conditions: Iterable[Condition] = (),
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A transition of the life cycle: `operation` leads from the states `de` to `vers` (None: the state
    stays).
    """
    return transition(
        field="statut",
        source=de,
        target=vers,
        conditions=list(conditions),
        permission=lambda fiche, acteur: peut(acteur, operation, fiche.organisme_id),
        custom={"operation": operation},
    )


def transition_de(fiche: "Fiche", operation: Operation) -> Any | None:
    """The django-fsm transition that `operation` stands for from the present state, None when the state has
    none.
    """
    for candidate in fiche.get_all_statut_transitions():  # type: ignore[attr-defined]
        if candidate.custom.get("operation") == operation and candidate.source == fiche.statut:
            return candidate
    return None


def est_proposee(fiche: "Fiche", operation: Operation) -> bool:
    """Whether the state of the record has this operation at all (the table D-10)."""
    if operation in {Operation.CONSULTER, Operation.DUPLIQUER}:
        return True
    trouvee = transition_de(fiche, operation)
    return trouvee is not None and all(c(fiche) for c in trouvee.conditions if c.masque)


def refus_de(fiche: "Fiche", operation: Operation) -> list[Refus]:
    """Every reason why `operation` is refused now; empty when it may go on. Rights are asked elsewhere."""
    trouvee = transition_de(fiche, operation)
    if trouvee is None:
        return [Refus(_phrase_d_etat(fiche, operation))]
    return [refus for condition in trouvee.conditions for refus in condition.refus(fiche)]


def _phrase_d_etat(fiche: "Fiche", operation: Operation) -> str:
    """Why the state alone forbids it, in a sentence that says what to do."""
    nom = f"{fiche.GENRE} « {fiche.identifiant} »"
    if operation == Operation.SUPPRIMER:
        return f"{nom} est active : archivez-la avant de la supprimer."
    if (
        operation in {Operation.MODIFIER, Operation.VALIDER, Operation.ARCHIVER}
        and fiche.statut == Statut.ARCHIVEE
    ):
        return f"{nom} est archivée : désarchivez-la pour la modifier."
    if operation == Operation.OUVRIR and fiche.statut == Statut.BROUILLON:
        return f"{nom} est en brouillon : validez-la avant de l'ouvrir à l'inscription."
    return (
        f"{operation.label} : impossible, {nom[0].lower() + nom[1:]} est au statut «"
        f" {fiche.get_statut_display()} »."
    )


F_ = TypeVar("F_", bound="Fiche")


def executer(
    fiche: F_,
    operation: Operation,
    *,
    par: Acteur,
    origine: Origine = Origine.FORMULAIRE,
    **parametres: Any,
) -> F_:
    """The one door: lock (offre, then action, then session), re-read, right, conditions, consequences, save,
    history.

    Returns the record as saved. A record without a key is created by its first « enregistrer » or « valider
    ». Raises PermissionDenied without the right, OperationRefusee with its reasons, IntegrityError when the
    identifier was taken in the meantime, DoesNotExist when the record is gone; in every case nothing has
    changed.
    """
    with (
        transaction.atomic(),
        pghistory.context(operation=str(operation), origine=str(origine), **par.signature) as contexte,
    ):
        try:
            fiche = fiche.verrouiller()
        except ObjectDoesNotExist as disparue:
            # Its parent may be what is missing first: for the caller it is the record that is gone.
            raise type(fiche).DoesNotExist from disparue
        exiger_de(par, operation, fiche.organisme_id)
        trouvee = transition_de(fiche, operation)
        refus = refus_de(fiche, operation)
        if trouvee is None or refus:
            raise OperationRefusee(refus)
        avant = _colonnes(fiche)
        getattr(fiche, trouvee.name)(**parametres)
        if operation == Operation.SUPPRIMER:
            fiche.jeter(contexte.id, par)
        elif not fiche.pk or _colonnes(fiche) != avant:
            # What changes nothing leaves no trace: the same form sent twice, an autosave without a new
            # letter.
            existait = fiche.pk is not None
            fiche.save()
            # The database counts (edof/versions.py): this says what it has just counted.
            fiche.version += existait
        fiche.contexte = contexte.id
    return fiche


def _colonnes(fiche: "Fiche") -> dict[str, Any]:
    return {champ.attname: getattr(fiche, champ.attname) for champ in fiche._meta.concrete_fields}
