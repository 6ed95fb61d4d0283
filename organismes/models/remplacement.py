"""Replacing an entry of the address book by another one, in every record that uses it: what is shown, then
just that.
"""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pghistory
from django.db import models, transaction

from edof.horloge import maintenant
from organismes.models.entree import Entree, Usage, parents_de
from organismes.models.utilisateur import Utilisateur


class ApercuPerime(Exception):
    """The records, or the entry that replaces, are no longer those that were shown; nothing has changed."""


@dataclass(frozen=True)
class Apercu:
    """The records in which an entry would be replaced: for each usage, their keys and statuses."""

    fiches: dict[Usage, list[tuple[int, str]]]
    # What tells this preview from any other.
    empreinte: str
    # Once it is done, what the history knows it as.
    contexte: UUID | None = None

    def nombre(self, *, statut: str | None = None) -> int:
        """How many records, in all or of this status; one that uses the entry twice counts once."""
        return len(
            {
                (usage.modele, pk)
                for usage, lignes in self.fiches.items()
                for pk, trouve in lignes
                if statut in {None, trouve}
            }
        )

    def par_statut(self) -> list[tuple[Usage, Counter[str]]]:
        """For each usage that there is, how many records of each status."""
        return [
            (usage, Counter(statut for _, statut in lignes))
            for usage, lignes in self.fiches.items()
            if lignes
        ]


def apercu(ancienne: Entree, nouvelle: Entree) -> Apercu:
    """What replacing `ancienne` by `nouvelle` would touch now, archived records included; one query for each
    usage.
    """
    fiches = {
        usage: list(usage.fiches(ancienne, ancienne.organisme_id).order_by("pk").values_list("pk", "statut"))
        for usage in ancienne.usages()
    }
    vu = [
        nouvelle.pk,
        nouvelle.modifie_le.timestamp(),
        [(usage.cle, lignes) for usage, lignes in fiches.items()],
    ]
    return Apercu(fiches, hashlib.sha256(repr(vu).encode()).hexdigest())


def remplacer(ancienne: Entree, nouvelle: Entree, *, vu: str, par: Utilisateur) -> Apercu:
    """Replace in one transaction and one entry of the history, under the locks that every operation takes
    (D-17).

    `vu` is the `empreinte` of the preview that was accepted. Raises ApercuPerime when it is not that any
    more.
    """
    with (
        transaction.atomic(),
        pghistory.context(operation="remplacer", origine="formulaire", utilisateur=par.pk) as contexte,
    ):
        entrees = (
            type(ancienne)
            .objects.select_for_update(no_key=True)
            .order_by("pk")
            .in_bulk([ancienne.pk, nouvelle.pk])
        )
        if len(entrees) < 2:
            raise ApercuPerime
        _verrouiller(ancienne)
        touchees = apercu(ancienne, entrees[nouvelle.pk])
        if touchees.empreinte != vu:
            raise ApercuPerime
        for usage, lignes in touchees.fiches.items():
            if lignes:
                fiches = usage.modele.objects.filter(pk__in=[pk for pk, _ in lignes])  # type: ignore[attr-defined]
                fiches.update(**{usage.champ: nouvelle}, modifie_le=maintenant())
    return replace(touchees, contexte=contexte.id)


def _verrouiller(entree: Entree) -> None:
    """Lock the records that use this entry after their parents: offres, then actions, then sessions, each by
    key.
    """
    cles: dict[type[models.Model], set[Any]] = defaultdict(set)
    for usage in entree.usages():
        parents = parents_de(usage.modele)
        modeles = [*(modele for _, modele in parents), usage.modele]
        for ligne in usage.fiches(entree, entree.organisme_id).values_list(
            *(chemin for chemin, _ in parents), "pk"
        ):
            for modele, cle in zip(modeles, ligne, strict=True):
                cles[modele].add(cle)
    for modele in sorted(cles, key=lambda modele: len(parents_de(modele))):
        verrouillees = modele.objects.select_for_update(no_key=True)  # type: ignore[attr-defined]
        list(verrouillees.filter(pk__in=cles[modele]).order_by("pk").values_list("pk"))
