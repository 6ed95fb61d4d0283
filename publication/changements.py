"""The changes of an organisme as they are told: what, of which record, by whom.

`publication.fil` gives the facts and their order. The names of the records are those of today, or the last
ones that the history knows; who did it comes from the context of the history.
"""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model
from pghistory.models import Context

from catalogue.historique import origine_de
from catalogue.models.fiche import niveaux
from edof.templatetags.affichage import date_longue
from organismes.auteurs import auteur_de, metadata, personnes
from organismes.droits import Operation
from organismes.genres import GENRES
from organismes.models import Organisme, Utilisateur
from publication.fil import Fait, Place
from publication.models import Trace

# The operations that change a status, or the opening: a change made by one of them bears its name.
_OPERATIONS = frozenset(
    operation.value
    for operation in (
        Operation.VALIDER, Operation.OUVRIR, Operation.FERMER, Operation.ARCHIVER, Operation.DESARCHIVER,
    )
)  # fmt: skip
OPERATION = "operation"
# What a run did is named as the events that other programs are told of.
TYPES = (
    Trace.Nature.CREATION.value,
    Trace.Nature.MODIFICATION.value,
    OPERATION,
    Trace.Nature.SUPPRESSION.value,
    *(f"parution.{nature.value}" for nature in (
        Trace.Nature.PARUE, Trace.Nature.MODIFIEE, Trace.Nature.RETIREE, Trace.Nature.RETENUE,
    )),
)  # fmt: skip
# The levels of the feed: the record of the organisme, then those that it contains.
NIVEAUX = ("organisme", "offre", "action", "session", "contact", "adresse")


@dataclass(frozen=True)
class Changement:
    """One change of one record. `identifiants` names it and its parents, by level."""

    place: Place
    type: str
    # What the history calls the operation: « ouvrir », « importer », « decaler »…; None without a context.
    operation: str | None
    niveau: str
    cle: int
    identifiants: dict[str, str]
    # Whether the record exists now.
    vivante: bool
    version: int | None
    qui: str
    origine: str
    jour: dt.date | None
    raison: str


@dataclass(frozen=True)
class _Nom:
    identifiant: str
    parent: int | None
    vivante: bool


@dataclass(frozen=True)
class _Ligne:
    """What `organismes.auteurs` reads of a row of the history."""

    pgh_context: Any


Noms = dict[tuple[str, int], _Nom]


def raconter(organisme: Organisme, faits: Sequence[Fait]) -> list[Changement]:
    """Return these facts with their names and their authors; the number of queries is constant."""
    noms = _noms(organisme, faits)
    contextes: dict[Any, Any] = Context.objects.in_bulk({fait.contexte for fait in faits} - {None})
    connues = personnes(map(_Ligne, contextes.values()))
    return [_changement(fait, noms, contextes.get(fait.contexte), connues) for fait in faits]


def _changement(fait: Fait, noms: Noms, contexte: Any, connues: dict[int, Utilisateur]) -> Changement:
    ligne = _Ligne(contexte)
    operation = metadata(ligne).get("operation")
    type_, qui, origine = fait.nature, auteur_de(ligne, connues), origine_de(ligne)
    if fait.jour is not None:
        type_, qui, origine = (
            f"parution.{type_}",
            f"La publication du {date_longue(fait.jour)}",
            "Publication",
        )
    elif type_ == Trace.Nature.MODIFICATION and operation in _OPERATIONS:
        type_ = OPERATION
    nom = noms.get((fait.niveau, fait.cle))
    return Changement(
        fait.place, type_, operation, fait.niveau, fait.cle, _identifiants(fait.niveau, fait.cle, noms),
        nom is not None and nom.vivante, fait.version, qui, origine, fait.jour, fait.raison,
    )  # fmt: skip


def _identifiants(niveau: str, cle: int | None, noms: Noms) -> dict[str, str]:
    """Return the identifiers of a record and of its parents, the furthest first."""
    if cle is None or (nom := noms.get((niveau, cle))) is None:
        return {}
    parent = _parent(niveau)
    return {**(_identifiants(parent, nom.parent, noms) if parent else {}), niveau: nom.identifiant}


def _parent(niveau: str) -> str | None:
    modele = niveaux().get(niveau)
    return None if modele is None or modele.PARENT == "organisme" else modele.PARENT


def _noms(organisme: Organisme, faits: Iterable[Fait]) -> Noms:
    """Return the names of the records of these facts, and of their parents, from the lowest level up."""
    cherchees: dict[str, set[int]] = {niveau: set() for niveau in NIVEAUX}
    for fait in faits:
        cherchees[fait.niveau].add(fait.cle)
    noms: Noms = {}
    if organisme.pk in cherchees["organisme"]:
        noms["organisme", organisme.pk] = _Nom(organisme.siret, None, True)
    modeles: list[tuple[str, Any, str]] = [
        *((nom, modele, "identifiant") for nom, modele in reversed(niveaux().items())),
        *((nom, genre.modele, genre.modele.CHAMP_IDENTIFIANT) for nom, genre in GENRES.items()),
    ]
    for niveau, modele, champ in modeles:
        parent = _parent(niveau)
        for cle, nom in _du_niveau(organisme, modele, champ, parent, cherchees[niveau]).items():
            noms[niveau, cle] = nom
            if parent and nom.parent:
                cherchees[parent].add(nom.parent)
    return noms


def _du_niveau(
    organisme: Organisme, modele: type[Model], champ: str, parent: str | None, cles: set[int]
) -> dict[int, _Nom]:
    """Return the names of these records: those that exist, then those that the history knows."""
    if not cles:
        return {}
    colonnes = (champ, f"{parent}_id") if parent else (champ, champ)
    vivantes = modele.objects.pour_organisme(organisme).filter(pk__in=cles)  # type: ignore[attr-defined]
    noms = {
        cle: _Nom(identifiant, au_dessus if parent else None, True)
        for cle, identifiant, au_dessus in vivantes.order_by().values_list("pk", *colonnes)
    }
    if disparues := cles - noms.keys():
        lignes = modele.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
            organisme=organisme, pgh_obj_id__in=disparues
        )
        dernieres = lignes.order_by("pgh_obj_id", "-pgh_id").distinct("pgh_obj_id")
        for cle, identifiant, au_dessus in dernieres.values_list("pgh_obj_id", *colonnes):
            noms[cle] = _Nom(identifiant, au_dessus if parent else None, False)
    return noms
