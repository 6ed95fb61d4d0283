"""The life cycle of every record, and the entry point of every operation.

The states and the transitions are decorators on the methods of `Fiche` and `Session`: read them as a table.
The reasons for refusing an operation are `Condition` objects beside them. `executer` runs an operation: it is
the only entry point for a page, the admin, the API, an import or a task (D-10 to D-17).
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import pghistory
from django.core.exceptions import ObjectDoesNotExist
from django.db import models, transaction
from django_fsm import RETURN_VALUE, transition

from organismes.droits import Acteur, Operation, exiger_de, peut

if TYPE_CHECKING:
    from catalogue.models import Fiche


class Statut(models.TextChoices):
    """The four statuses of a record (S-32)."""

    BROUILLON = "brouillon", "Brouillon"
    VALIDEE = "validee", "Validée"
    ACTIVE = "active", "Active"
    ARCHIVEE = "archivee", "Archivée"


class Origine(models.TextChoices):
    """The origin of an operation, recorded in the history."""

    FORMULAIRE = "formulaire", "Formulaire"
    AUTOMATIQUE = "automatique", "Enregistrement automatique"
    ADMIN = "admin", "Administration"
    API = "api", "API"
    IMPORT = "import", "Import"
    TACHE = "tache", "Tâche programmée"
    DEMO = "demo", "Données de démonstration"


@dataclass(frozen=True)
class Refus:
    """One reason for refusing an operation.

    `phrase` is a French sentence, `champ` the field to correct, `coupable` the record that blocks the
    operation and `code` the slug of the rule. `deja` is True when things are already as requested.
    """

    phrase: str
    champ: str | None = None
    coupable: "Fiche | None" = None
    code: str = ""
    deja: bool = False


class OperationRefusee(Exception):
    """Exception raised when an operation cannot be done now.

    `refus` lists the reasons, with one sentence per reason.
    """

    def __init__(self, refus: Iterable[Refus]) -> None:
        self.refus = list(refus)
        super().__init__(" ".join(refus.phrase for refus in self.refus))


class Condition:
    """A condition of a transition.

    django-fsm calls it to know whether it holds; `refus` yields the reasons when it does not. `masque=True`
    marks a condition that belongs to the state (D-10): when it does not hold, the operation is not offered at
    all.
    """

    def __init__(self, refus: Callable[[Any], Iterator[Refus]], *, masque: bool = False) -> None:
        self.refus = refus
        self.masque = masque
        self.__name__ = refus.__name__

    def __call__(self, fiche: Any) -> bool:
        return not any(True for _ in self.refus(fiche))


def transition_par(
    operation: Operation,
    *,
    de: list[str],
    vers: str | RETURN_VALUE | None,
    conditions: Iterable[Condition] = (),
    suites: Callable[..., None] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return the decorator of a transition: `operation` leads from the states `de` to `vers`.

    With `vers=None` the state does not change. `suites` writes what follows below the records: it is called
    with their level, their keys and the parameters of the operation, once for all the records.
    """
    return transition(
        field="statut",
        source=de,
        target=vers,
        conditions=list(conditions),
        permission=lambda fiche, acteur: peut(acteur, operation, fiche.organisme_id),
        custom={"operation": operation, "suites": suites},
    )


def transition_de(fiche: "Fiche", operation: Operation) -> Any | None:
    """Return the django-fsm transition of `operation` from the current state, or None if there is none."""
    return _transitions(type(fiche)).get((operation, fiche.statut))


@cache
def _transitions(modele: type["Fiche"]) -> dict[tuple[Any, Any], Any]:
    """Return the django-fsm transitions of a level, by operation and source state."""
    toutes = modele._meta.get_field("statut").get_all_transitions(modele)  # type: ignore[union-attr]
    return {(transition.custom.get("operation"), transition.source): transition for transition in toutes}


def est_proposee(fiche: "Fiche", operation: Operation) -> bool:
    """Return whether the operation is offered in the current state of the record (table D-10)."""
    if operation in {Operation.CONSULTER, Operation.DUPLIQUER}:
        return True
    trouvee = transition_de(fiche, operation)
    return trouvee is not None and all(c(fiche) for c in trouvee.conditions if c.masque)


def refus_de(fiche: "Fiche", operation: Operation) -> list[Refus]:
    """Return every reason why `operation` is refused now; an empty list when it is allowed.

    Rights are not checked here.
    """
    trouvee = transition_de(fiche, operation)
    if trouvee is None:
        return [Refus(_phrase_d_etat(fiche, operation), code=f"statut-{fiche.statut}")]
    return [refus for condition in trouvee.conditions for refus in condition.refus(fiche)]


def _phrase_d_etat(fiche: "Fiche", operation: Operation) -> str:
    """Return the sentence that explains why the state forbids the operation, and what to do."""
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
    """Run an operation on a record: the entry point of every operation.

    In one transaction: lock the offre, then the action, then the session; read them again; check the right,
    then the conditions; do the operation and its consequences; save; record the history.

    Return the record as saved. A record without a key is created by its first `MODIFIER` or `VALIDER`.

    Raise PermissionDenied without the right, OperationRefusee with its reasons, IntegrityError when the
    identifier was taken in the meantime, DoesNotExist when the record no longer exists. In every case nothing
    has changed.
    """
    with (
        transaction.atomic(),
        pghistory.context(operation=str(operation), origine=str(origine), **par.signature) as contexte,
    ):
        try:
            fiche = fiche.verrouiller()
        except ObjectDoesNotExist as disparue:
            # The parent may be the row that is missing: the caller is told that the record no longer exists.
            raise type(fiche).DoesNotExist from disparue
        exiger_de(par, operation, fiche.organisme_id)
        trouvee = transition_de(fiche, operation)
        refus = refus_de(fiche, operation)
        if trouvee is None or refus:
            raise OperationRefusee(refus)
        avant = colonnes(fiche)
        statuts = [(parent, parent.statut) for parent in fiche.parents()]
        getattr(fiche, trouvee.name)(**parametres)
        if operation == Operation.SUPPRIMER:
            fiche.jeter([fiche], contexte.id, par)
        elif not fiche.pk or colonnes(fiche) != avant:
            # When no column has changed, nothing is saved and no history row is written: the same form sent
            # twice, an autosave without a new character.
            existait = fiche.pk is not None
            if suites := trouvee.custom["suites"]:
                suites(type(fiche), [fiche.pk], **parametres)
            for parent, statut in statuts:
                if parent.statut != statut:
                    parent.save()
            if not existait:
                fiche.save()
            elif fiche.ecrire(avant):
                fiche.suites = tuple(type(fiche).apres([fiche.pk], operation))
            # A trigger increments the version (edof/versions.py): set the same value on the object.
            fiche.version += existait
        fiche.contexte = contexte.id
    return fiche


def creer_ensemble(
    fiches: Sequence[F_],
    valeurs: Sequence[dict[str, Any]],
    *,
    par: Acteur,
    operation: str,
    origine: Origine = Origine.FORMULAIRE,
    demandees: Sequence[Operation] | None = None,
) -> UUID:
    """Create these new records together, each with its values, under one parent or several.

    In one transaction and one context of the history, named `operation`. `demandees` says of each record
    whether it is saved (MODIFIER) or held to be complete (VALIDER); without it, a record is validée when it
    is complete, else brouillon. The number of queries does not depend on the number of records.

    Return the context. Raise what `executer` raises; in every case nothing is created.
    """
    with (
        transaction.atomic(),
        pghistory.context(operation=operation, origine=str(origine), **par.signature) as contexte,
    ):
        try:
            premieres = type(fiches[0]).verrouiller_les_parents(fiches)
        except ObjectDoesNotExist as disparu:
            phrase = "Ce qui devait les contenir vient d'être supprimé : rien n'a été créé."
            raise OperationRefusee([Refus(phrase)]) from disparu
        for organisme_id in {premiere.organisme_id for premiere in premieres}:
            exiger_de(par, Operation.MODIFIER, organisme_id)
        for premiere in premieres:
            if refus := refus_de(premiere, Operation.MODIFIER):
                raise OperationRefusee(refus)
        for rang, (fiche, dites) in enumerate(zip(fiches, valeurs, strict=True)):
            if demandees is None:
                _valider_ou_enregistrer(fiche, dites)
            else:
                _passer(fiche, demandees[rang], dites)
        type(fiches[0]).objects.bulk_create(fiches)
    return contexte.id


def _valider_ou_enregistrer(fiche: "Fiche", valeurs: dict[str, Any]) -> None:
    """Make this new record validée, or brouillon when it is not complete: VALIDER alone checks the rules."""
    try:
        _passer(fiche, Operation.VALIDER, valeurs)
    except OperationRefusee:
        _passer(fiche, Operation.MODIFIER, valeurs)


def _passer(fiche: "Fiche", operation: Operation, valeurs: dict[str, Any]) -> None:
    trouvee = transition_de(fiche, operation)
    assert trouvee is not None, "a new record may be saved"
    getattr(fiche, trouvee.name)(valeurs=valeurs)


def colonnes(fiche: "Fiche") -> dict[str, Any]:
    """Return the value of each column of the record, by attribute name."""
    valeurs = vars(fiche)
    return {nom: valeurs[nom] for nom in _noms_des_colonnes(type(fiche))}


@cache
def _noms_des_colonnes(modele: type["Fiche"]) -> list[str]:
    return [champ.attname for champ in modele._meta.concrete_fields]
