"""Replacement of an entry of the address book by another one, in every record that uses it.

A preview is shown first; the replacement changes exactly the records of that preview.
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
    """The records, or the new entry, have changed since the preview; nothing was replaced."""


@dataclass(frozen=True)
class ApercuDuRemplacement:
    """The records in which an entry would be replaced: for each usage, their keys and statuses."""

    fiches: dict[Usage, list[tuple[int, str]]]
    # Hash that identifies the content of the preview.
    empreinte: str
    # Once the replacement is done, the id of its context in the history.
    contexte: UUID | None = None

    def nombre(self, *, statut: str | None = None) -> int:
        """Return the number of records, or of those with this status.

        A record that uses the entry twice counts once.
        """
        return len(
            {
                (usage.modele, pk)
                for usage, lignes in self.fiches.items()
                for pk, trouve in lignes
                if statut in {None, trouve}
            }
        )

    def par_statut(self) -> list[tuple[Usage, Counter[str]]]:
        """Return, for each usage that has records, their number by status."""
        return [
            (usage, Counter(statut for _, statut in lignes))
            for usage, lignes in self.fiches.items()
            if lignes
        ]


def apercu(ancienne: Entree, nouvelle: Entree) -> ApercuDuRemplacement:
    """Return the records that replacing `ancienne` by `nouvelle` would change now.

    Archived records are included. It makes one query for each usage.
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
    return ApercuDuRemplacement(fiches, hashlib.sha256(repr(vu).encode()).hexdigest())


def remplacer(ancienne: Entree, nouvelle: Entree, *, vu: str, par: Utilisateur) -> ApercuDuRemplacement:
    """Replace the entry in one transaction and one history context, under the usual locks (D-17).

    The locks are those that every operation takes. `vu` is the `empreinte` of the preview that the user
    accepted. Raise ApercuPerime when the records or the new entry have changed since.
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
        for proposition in ancienne.propositions():
            lignes_proposees = proposition.modele._default_manager.filter(**{proposition.champ: ancienne})
            lignes_proposees.update(**{proposition.champ: nouvelle}, modifie_le=maintenant())
    return replace(touchees, contexte=contexte.id)


def _verrouiller(entree: Entree) -> None:
    """Lock the records that use this entry after their parents.

    The order is that of every operation: offres, then actions, then sessions, each by primary key.
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
