"""Actions that resemble each other too much for EDOF: identical (30056), or of nearly one length (30057).

EDOF compares an action with the others of the catalogue (D-44). Here those of one organisme that lead to the
same certification are compared: two offres of other subjects, at one place, do not resemble each other.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

IDENTIQUE, PROCHE = "30056", "30057"
# A gap of ten hours exactly is accepted.
HEURES_D_ECART = 10
# How many others are named for one action.
CITEES = 3


@dataclass(frozen=True)
class Ressemblance:
    """An action that resembles another one, which comes before it."""

    code: str
    action: Any
    autre: Any

    @property
    def phrase(self) -> str:
        """Return the sentence, about the action."""
        autre = f"l'action « {self.autre.identifiant} »"
        if self.code == IDENTIQUE:
            return f"Identique à {autre} : mêmes modalités, lieu, langue, durée et prix."
        ecart = abs(self.action.duree_totale - self.autre.duree_totale)
        return (
            f"Ne diffère de {autre} que de {ecart} h (moins de {HEURES_D_ECART} h) : EDOF y voit un doublon."
        )


def traits(action: Any) -> tuple[Any, ...]:
    """Return what two actions must share to be compared; the price is not among them."""
    return (
        action.modalites_enseignement,
        action.lieu_de_formation_id,
        action.langue,
        action.modalites_pedagogiques,
        action.modalites_handicap,
    )


def ressemblance(action: Any, autre: Any) -> str:
    """Return the code of what these two actions have in common, "" when they differ enough."""
    if None in (action.duree_totale, autre.duree_totale) or traits(action) != traits(autre):
        return ""
    if (action.duree_totale, action.total_ttc) == (autre.duree_totale, autre.total_ttc):
        return IDENTIQUE
    return PROCHE if abs(action.duree_totale - autre.duree_totale) < HEURES_D_ECART else ""


def ressemblances(actions: Iterable[Any], par: Any) -> Iterator[Ressemblance]:
    """Yield what resembles what, each pair once; `par(action)` gives the certification that it leads to."""
    groupes: dict[Any, list[Any]] = defaultdict(list)
    for action in actions:
        if action.duree_totale is not None:
            groupes[par(action), *traits(action)].append(action)
    for groupe in groupes.values():
        yield from _dans(sorted(groupe, key=lambda action: (action.duree_totale, action.pk)))


def _dans(groupe: list[Any]) -> Iterator[Ressemblance]:
    """Yield the pairs of a group, sorted by length: the nearest ones first."""
    for rang, action in enumerate(groupe):
        for autre in reversed(groupe[max(rang - CITEES, 0) : rang]):
            if code := ressemblance(action, autre):
                yield Ressemblance(code, action, autre)
