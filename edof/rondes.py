"""The intervals of beat, counted by a stopwatch: a clock that is put back must not silence them meanwhile."""

import datetime as dt
from typing import Any

from celery.schedules import schedstate, schedule

from edof.horloge import au_chronometre


class Ronde(schedule):
    """An interval that no change of the clock of the machine makes longer."""

    def __init__(self, run_every: Any = None, *_: Any, **__: Any) -> None:
        super().__init__(run_every, nowfun=au_chronometre)

    def is_due(self, last_run_at: dt.datetime) -> Any:
        """Return whether it is time, and after how many seconds to ask again.

        What a beat before this one kept may be a day to come, of a clock that was ahead.
        """
        if self.maybe_make_aware(last_run_at) > self.maybe_make_aware(self.now()):
            return schedstate(is_due=True, next=self.seconds)
        return super().is_due(last_run_at)
