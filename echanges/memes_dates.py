"""The sessions of one action that have the same dates: EDOF's 10133 (D-44), told on both lines of a file."""

from dataclasses import dataclass
from typing import Any

from echanges.decisions import LignePlanifiee
from echanges.existant import Existant
from echanges.lignes import Gravite
from sessions_app.memes_dates import CODE, Dates, phrase
from sessions_app.models import Session


@dataclass(frozen=True, slots=True)
class _Datee:
    """A session to be, and the line that gives its dates."""

    pk: int | None
    identifiant: str
    planifiee: LignePlanifiee


class MemesDates:
    """The dates of the sessions that lines give, beside those of the catalogue."""

    def __init__(self, existant: Existant) -> None:
        self.existant = existant

    def comparer(self, planifiee: LignePlanifiee, candidate: Session) -> None:
        """Say it of this line, and of the other line of the file that gives the same dates."""
        if candidate.date_debut is None or planifiee.est_fautive:
            return
        dates = Dates(candidate.action.pk, candidate.date_debut, candidate.date_fin)
        neuve = candidate.pk is None
        pareille = self.existant.dates.pareille(dates, lambda autre: neuve or autre.pk != candidate.pk)
        if pareille is not None:
            self._dire(planifiee, pareille)
            # The other line of the file says it too, once.
            autre = pareille.planifiee if isinstance(pareille, _Datee) else None
            if autre is not None and not any(a.code == CODE for a in autre.anomalies):
                self._dire(autre, candidate)
        self.existant.dates.ranger(dates, _Datee(candidate.pk, candidate.identifiant, planifiee))

    def _dire(self, planifiee: LignePlanifiee, autre: Any) -> None:
        planifiee.dire(CODE, Gravite.AVERTISSEMENT, phrase(autre.identifiant), "date_debut")
