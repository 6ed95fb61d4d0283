"""One operation on many records of an organisme: what `executer` does to one, done to a set (D-40).

The transitions, the conditions, the rights and what follows below are those of `executer`: they are read from
the same decorators. The difference is that the records are read, locked and written together. The number of
queries does not depend on the number of records.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django_fsm import TransitionNotAllowed

from catalogue.cycle_de_vie import OperationRefusee, Refus, colonnes, refus_de, transition_de
from catalogue.models import Fiche
from catalogue.models.fiche import niveaux
from edof.ecriture import ecrire, parmi
from edof.horloge import a_l_instant, maintenant
from organismes.droits import Acteur, Operation, exiger_de

CHANGEE, DISPARUE = "changee", "disparue"


@dataclass
class Tentative:
    """What the operation does to one record, or why it does nothing.

    `fiche` is the record as it becomes, None when it no longer exists; `avant` its columns before. `refus` is
    empty when the operation is done, or would be.
    """

    cle: int
    fiche: Any = None
    avant: dict[str, Any] = field(default_factory=dict)
    refus: list[Refus] = field(default_factory=list)
    # Whether the record changes: an operation may find everything as it asks already.
    change: bool = False
    # The refusal of the transition, when it is that: it may say more than its sentences.
    refusee: OperationRefusee | None = None


@dataclass
class Ensemble:
    """What an operation does to a set of records: one attempt per record, and the parents that change."""

    tentatives: list[Tentative]
    parents: list[Fiche]


def repeter(
    modele: type[Fiche],
    versions: Mapping[int, int],
    operation: Operation,
    *,
    organisme_id: int,
    par: Acteur,
    parametres: Callable[[Any], dict[str, Any]] = lambda fiche: {},
) -> Ensemble:
    """Return what `executer_ensemble` would do now with the same arguments; nothing is written or locked.

    Raise PermissionDenied without the right.
    """
    exiger_de(par, operation, organisme_id)
    with a_l_instant(maintenant()):
        return _tenter(modele, versions, operation, organisme_id, parametres, verrou=False)


def executer_ensemble(
    modele: type[Fiche],
    versions: Mapping[int, int],
    operation: Operation,
    *,
    organisme_id: int,
    par: Acteur,
    contexte: UUID,
    parametres: Callable[[Any], dict[str, Any]] = lambda fiche: {},
) -> Ensemble:
    """Run the operation on these records of one level and one organisme, in one transaction.

    `versions` gives, by key, the version that was shown: a record that has moved since is refused as moved,
    the others go on (D-40). `parametres` returns the parameters of the transition for a record; it may raise
    OperationRefusee. The caller opens the context of the history, whose key is `contexte`.

    Raise PermissionDenied without the right, IntegrityError when the database refuses one of the rows. In
    these cases nothing has changed.
    """
    exiger_de(par, operation, organisme_id)
    # One instant for all the records: what is written is the same for all, when the operation is.
    with transaction.atomic(), a_l_instant(maintenant()):
        ensemble = _tenter(modele, versions, operation, organisme_id, parametres, verrou=True)
        changees = [tentative for tentative in ensemble.tentatives if tentative.change]
        if not changees:
            return ensemble
        if operation == Operation.SUPPRIMER:
            modele.jeter([tentative.fiche for tentative in changees], contexte, par)
            return ensemble
        if suites := _suites(modele, operation):
            suites(modele, [tentative.cle for tentative in changees], **parametres(changees[0].fiche))
        for niveau in niveaux().values():
            _enregistrer([(p, {}) for p in ensemble.parents if type(p) is niveau], {"statut", "a_ete_active"})
        _enregistrer([(tentative.fiche, tentative.avant) for tentative in changees])
        modele.apres([tentative.cle for tentative in changees], operation)
    return ensemble


def _suites(modele: type[Fiche], operation: Operation) -> Callable[..., None] | None:
    for trouvee in modele._meta.get_field("statut").get_all_transitions(modele):  # type: ignore[union-attr]
        if trouvee.custom.get("operation") == operation:
            suites: Callable[..., None] | None = trouvee.custom["suites"]
            return suites
    return None


def _tenter(
    modele: type[Fiche],
    versions: Mapping[int, int],
    operation: Operation,
    organisme_id: int,
    parametres: Callable[[Any], dict[str, Any]],
    *,
    verrou: bool,
) -> Ensemble:
    """Apply the operation, in memory, to each record as it is now."""
    tentatives, parents = relire(modele, versions, organisme_id, verrou=verrou)
    statuts = {id(parent): parent.statut for parent in parents}
    a_tenter = [tentative for tentative in tentatives if not tentative.refus]
    if operation == Operation.SUPPRIMER:
        actives = modele.actives_dessous([tentative.cle for tentative in a_tenter])
        for tentative in a_tenter:
            tentative.fiche.active_dessous = actives.get(tentative.cle)
    for tentative in a_tenter:
        tentative.avant = colonnes(tentative.fiche)
        _appliquer(tentative, operation, parametres)
        tentative.change = not tentative.refus and (
            operation == Operation.SUPPRIMER or colonnes(tentative.fiche) != tentative.avant
        )
    return Ensemble(tentatives, [parent for parent in parents if parent.statut != statuts[id(parent)]])


def relire(
    modele: type[Fiche], versions: Mapping[int, int], organisme_id: int, *, verrou: bool
) -> tuple[list[Tentative], list[Fiche]]:
    """Return an attempt per record, refused when it is gone or has moved since; and the parents."""
    fiches, parents = lire(modele, versions, organisme_id, verrou=verrou)
    tentatives = []
    for cle, version in versions.items():
        tentative = Tentative(cle, fiches.get(cle))
        tentatives.append(tentative)
        if tentative.fiche is None:
            tentative.refus = [Refus("Cette fiche a été supprimée depuis votre choix.", code=DISPARUE)]
        elif tentative.fiche.version != version:
            phrase = f"{modele.GENRE} a été modifiée depuis votre choix."
            tentative.refus = [Refus(phrase, None, tentative.fiche, code=CHANGEE)]
    return tentatives, parents


def _appliquer(
    tentative: Tentative, operation: Operation, parametres: Callable[[Any], dict[str, Any]]
) -> None:
    """Run the transition on the record, in memory; note the reasons why it cannot be done."""
    fiche = tentative.fiche
    trouvee = transition_de(fiche, operation)
    if trouvee is None:
        tentative.refus = refus_de(fiche, operation)
        return
    try:
        getattr(fiche, trouvee.name)(**parametres(fiche))
    except TransitionNotAllowed:
        tentative.refus = refus_de(fiche, operation)
    except OperationRefusee as refusee:
        tentative.refus, tentative.refusee = refusee.refus, refusee


def lire(
    modele: type[Fiche], cles: Iterable[int], organisme_id: int, *, verrou: bool
) -> tuple[dict[int, Any], list[Fiche]]:
    """Return the records of these keys, with their parents, and these parents; one query per level.

    With `verrou`, lock the offres, then the actions, then the sessions, each by key: the order of every
    operation. Records under one parent share its object.
    """
    choisies = modele.objects.filter(organisme_id=organisme_id, pk__in=parmi(list(cles)))
    parents: list[Fiche] = []
    lues: dict[int, Any] = {}
    for chemin in (*reversed(modele._chemins_des_parents()), ""):
        niveau: type[Fiche] = niveaux()[chemin.split("__")[-1]] if chemin else modele
        ensemble = choisies if not chemin else niveau.objects.filter(pk__in=choisies.values(chemin))
        if verrou:
            ensemble = ensemble.select_for_update(no_key=True)
        dessus, lues = lues, {fiche.pk: fiche for fiche in ensemble.order_by("pk")}
        for fiche in lues.values():
            if niveau.PARENT != "organisme":
                setattr(fiche, niveau.PARENT, dessus[getattr(fiche, f"{niveau.PARENT}_id")])
        if chemin:
            parents += lues.values()
    return lues, parents


def _enregistrer(changees: list[tuple[Any, dict[str, Any]]], champs: set[str] | None = None) -> None:
    """Write the columns that have changed of these records of one level, in one statement."""
    instant, ecrits = maintenant(), set(champs or ())
    for fiche, avant in changees:
        if champs is None and avant["identifiant"] != fiche.identifiant:
            # The compared form follows, as at each save.
            fiche._meta.get_field("identifiant_normalise").pre_save(fiche, False)
        ecrits |= {nom for nom, valeur in colonnes(fiche).items() if champs is None and avant[nom] != valeur}
        fiche.modifie_le = instant
    ecrire([fiche for fiche, _ in changees], ecrits | {"modifie_le"})
    for fiche, _ in changees:
        # A trigger increments the version (edof/versions.py): set the same value on the object.
        fiche.version += 1
