"""The rehearsal of a lot: what its execution would do now, told in numbers; nothing is written (D-40)."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied

from catalogue.cycle_de_vie import Refus, Statut, colonnes
from catalogue.ensemble import Ensemble, Tentative, repeter
from catalogue.jumelles import Empreinte, Jumelle, empreinte, nouvelles_jumelles
from lots.models import Issue, LigneDeLot, Lot
from lots.operations import OPERATIONS, parametres_de
from organismes.droits import Operation
from sessions_app.memes_dates import Dates, Pareille, dates_de, nouvelles_pareilles
from sessions_app.models import Session

# The records that are read together, and those of a rehearsal that are kept whole, to be shown.
LUES, GARDEES = 1_000, 200
COMPTE_DISPARU = "La personne qui a demandé cette opération n'a plus de compte."


@dataclass
class Groupe:
    """The records refused for the same reason."""

    phrase: str
    refus: Refus
    lignes: list[LigneDeLot] = field(default_factory=list)


@dataclass
class Repetition:
    """The records that are ready, those that are so already, and those that are refused."""

    pretes: list[int] = field(default_factory=list)
    deja: int = 0
    groupes: list[Groupe] = field(default_factory=list)
    # The parents that become active, by level; the records that are validées and become brouillons.
    parents: dict[str, dict[int, Any]] = field(default_factory=lambda: defaultdict(dict))
    brouillons: int = 0
    # The actions whose price becomes zero.
    gratuites: int = 0
    # The first ready records, as they become.
    gardees: list[Tentative] = field(default_factory=list)
    # The actions that the change makes twins of another one, the sessions that it gives the dates of another
    # one (D-44).
    jumelles: list[Jumelle] = field(default_factory=list)
    pareilles: list[Pareille] = field(default_factory=list)

    @property
    def refusees(self) -> int:
        """Return the number of refused records."""
        return sum(len(groupe.lignes) for groupe in self.groupes)


def ensembles(lot: Lot) -> Iterator[tuple[list[LigneDeLot], Ensemble]]:
    """Yield the lines that remain, by sets, each with what its execution would do.

    Raise PermissionDenied without the right.
    """
    acteur = lot.acteur
    if acteur is None:
        raise PermissionDenied(COMPTE_DISPARU)
    parametres, derniere = parametres_de(lot.operation, lot.organisme, lot.parametres), 0
    while lignes := list(lot.lignes.filter(issue=Issue.A_FAIRE, pk__gt=derniere).order_by("pk")[:LUES]):
        derniere = lignes[-1].pk
        versions = {ligne.cle: ligne.version for ligne in lignes}
        if faire := OPERATIONS[lot.operation].faire:
            yield lignes, Ensemble(faire(lot, versions, par=acteur, ecrire=False), [])
            continue
        ensemble = repeter(
            lot.modele,
            versions,
            OPERATIONS[lot.operation].operation,
            organisme_id=lot.organisme_id,
            par=acteur,
            parametres=parametres,
        )
        yield lignes, ensemble


def raconter(lot: Lot) -> Repetition:
    """Return the rehearsal of the lot. Raise PermissionDenied without the right."""
    repetition = Repetition()
    groupes: dict[str, Groupe] = {}
    comparees: dict[int, tuple[Empreinte | None, Empreinte | None]] = {}
    datees: list[tuple[int | None, str, Dates]] = []
    for lignes, ensemble in ensembles(lot):
        for ligne, tentative in zip(lignes, ensemble.tentatives, strict=True):
            if not tentative.refus and tentative.change:
                _compter(repetition, tentative)
                datees += _datees(lot, tentative)
                if change_une_action(lot):
                    certification = tentative.fiche.offre.certification_id
                    etats = tentative.avant, colonnes(tentative.fiche)
                    comparees[ligne.cle] = (
                        empreinte(etats[0], certification),
                        empreinte(etats[1], certification),
                    )
            elif not tentative.refus or any(refus.deja for refus in tentative.refus):
                repetition.deja += 1
            else:
                phrase = generale(tentative.refus, ligne.nom)
                groupe = groupes.setdefault(phrase, Groupe(phrase, tentative.refus[0]))
                groupe.lignes.append(ligne)
        for parent in ensemble.parents:
            repetition.parents[str(parent._meta.model_name)][parent.pk] = parent
    repetition.jumelles = nouvelles_jumelles(lot.organisme, comparees)
    sauf = {cle for cle, _, _ in datees} if lot.operation == "decaler" else ()
    sessions = Session.objects.pour_organisme(lot.organisme)
    repetition.pareilles = nouvelles_pareilles(sessions, datees, sauf)
    repetition.groupes = sorted(groupes.values(), key=lambda groupe: -len(groupe.lignes))
    return repetition


def _compter(repetition: Repetition, tentative: Tentative) -> None:
    repetition.pretes.append(tentative.cle)
    repetition.brouillons += (
        tentative.avant.get("statut") == Statut.VALIDEE and tentative.fiche.statut == Statut.BROUILLON
    )
    repetition.gratuites += (
        "total_ttc" in tentative.avant and tentative.fiche.total_ttc == 0 != tentative.avant["total_ttc"]
    )
    if len(repetition.gardees) < GARDEES:
        repetition.gardees.append(tentative)


def _datees(lot: Lot, tentative: Tentative) -> list[tuple[int | None, str, Dates]]:
    """Return the dates that the lot writes for this session: shifted, or copied under other actions."""
    if lot.operation not in {"decaler", "dupliquer"}:
        return []
    fiche = tentative.fiche
    actions = {fiche.action_id}
    if lot.operation == "dupliquer":
        actions = set(lot.parametres["actions"]) - actions
    return [(fiche.pk, fiche.identifiant, dates_de(fiche)._replace(action=cle)) for cle in sorted(actions)]


def change_une_action(lot: Lot) -> bool:
    """Return whether the lot changes the fields of actions: they may become twins of others (D-44)."""
    if lot.annule_id is not None:
        return False
    return lot.niveau == "action" and OPERATIONS[lot.operation].operation == Operation.MODIFIER


def generale(refus: list[Refus], nom: str) -> str:
    """Return the sentences of a refusal without the name of its record, so that others can share them."""
    return " ".join(dit.phrase for dit in refus).replace(f" « {nom} »", "")
