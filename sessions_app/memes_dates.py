"""Two sessions of one action with the same dates, which EDOF answers 10133 (D-44): said, never refused.

A session without start, or archived, is compared with none. What is asked before it is written (a series, a
file, a save) is put beside what the actions have already, one session after the other.
"""

import datetime as dt
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import Count, QuerySet

from catalogue.cycle_de_vie import Statut
from edof.ecriture import parmi

T = TypeVar("T")
CODE = "10133"


class Dates(NamedTuple):
    """What is compared of a session: the key of its action, its start, its end."""

    action: int
    debut: dt.date | None
    fin: dt.date | None


def phrase(autre: str) -> str:
    """Return what to say of a session that has the dates of this other one."""
    return f"Mêmes dates que « {autre} » ({CODE})."


@dataclass(frozen=True)
class Pareille:
    """A session, `nom`, that has the dates of another one of its action, `identifiant`."""

    cle: int | None
    nom: str
    autre: int | None
    identifiant: str
    action: int

    @property
    def phrase(self) -> str:
        """Return what to say of it, on one line."""
        return phrase(self.identifiant)


class ParDates(Generic[T]):
    """Sessions by action and dates, whatever stands for each."""

    def __init__(self, deja: Iterable[tuple[Dates, T]] = ()) -> None:
        self._rangees: dict[Dates, list[T]] = defaultdict(list)
        for dates, quoi in deja:
            self.ranger(dates, quoi)

    def ranger(self, dates: Dates, quoi: T) -> None:
        """Add a session, to which the next ones are compared."""
        if dates.debut is not None:
            self._rangees[dates].append(quoi)

    def pareille(self, dates: Dates, autre: Callable[[T], bool] = lambda quoi: True) -> T | None:
        """Return the first of those with the same dates that is `autre`, or None."""
        return next(filter(autre, self._rangees.get(dates, ())), None)


def dates_de(session: Any) -> Dates:
    """Return what is compared of a session."""
    return Dates(session.action_id, session.date_debut, session.date_fin)


def pareilles(sessions: QuerySet[Any, Any]) -> list[Pareille]:
    """Return those of these sessions that have the dates of another one of them; one query."""
    groupes = (
        sessions.filter(date_debut__isnull=False)
        .order_by()
        .values("action", "date_debut", "date_fin")
        .annotate(
            combien=Count("pk"),
            cles=ArrayAgg("pk", order_by="pk"),
            noms=ArrayAgg("identifiant", order_by="pk"),
        )
        .filter(combien__gt=1)
    )
    trouvees = []
    for groupe in groupes:
        membres = list(zip(groupe["cles"], groupe["noms"], strict=True))
        trouvees += [
            Pareille(*membre, *membres[0 if rang else 1], groupe["action"])
            for rang, membre in enumerate(membres)
        ]
    return trouvees


def nouvelles_pareilles(
    sessions: QuerySet[Any, Any],
    datees: Iterable[tuple[int | None, str, Dates]],
    sauf: Collection[int | None] = (),
) -> list[Pareille]:
    """Return, of sessions that have just received these dates, those that have the dates of another one.

    `datees` gives the key, the identifier and the dates of each; `sessions`, those of the organisme, with
    which they are compared, but for `sauf`: their dates are read in `datees`, or do not count. One query.
    """
    lues = [datee for datee in datees if datee[2].debut is not None]
    if not lues:
        return []
    voisines = (
        sessions.exclude(statut=Statut.ARCHIVEE)
        .filter(
            action__in=parmi(sorted({dates.action for _, _, dates in lues})),
            date_debut__in={dates.debut for _, _, dates in lues},
        )
        .exclude(pk__in=parmi([cle for cle in sauf if cle is not None]))
        .order_by("pk")
        .values_list("pk", "identifiant", "action", "date_debut", "date_fin")
    )
    rangees: ParDates[tuple[int | None, str]] = ParDates(
        (Dates(*dates), (cle, nom)) for cle, nom, *dates in voisines
    )
    trouvees = []
    for cle, nom, dates in lues:
        if autre := rangees.pareille(dates):
            trouvees.append(Pareille(cle, nom, *autre, dates.action))
        rangees.ranger(dates, (cle, nom))
    return trouvees
