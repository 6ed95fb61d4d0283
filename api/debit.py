"""The rates of requests, one count for all the processes: of a token, of its organisme, of an address.

A row holds one instant: when all that was spent is given back. A request moves it by the time that one
request takes to be given back, and is refused when it would go beyond the window (the generic cell rate
algorithm). What is left, and how long to wait, are read from the same instant: a program that waits for
`Retry-After` is not refused again.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from edof.horloge import instant_impose
from organismes.models import Jeton

ENTETES = ("RateLimit", "RateLimit-Policy")
_SECONDES = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
# Rounding to the microsecond must not refuse the last request of a window.
_TOLERANCE = 1.0001
_MOMENT = "WITH moment AS (SELECT coalesce(%s::timestamptz, clock_timestamp()) AS m)"
# Further ahead than any spending leads: the clock has been set back, or the window made shorter.
_INSENSE = (
    "c.libre_le > (SELECT m FROM moment)"
    f" + make_interval(secs => greatest(c.fenetre, EXCLUDED.fenetre) * {_TOLERANCE} + 1)"
)
# The rows are locked in the order of the budgets: the token, then its organisme.
_DEPENSER = f"""
{_MOMENT}
INSERT INTO api_compteur AS c (cle, libre_le, fenetre)
SELECT cle, m + make_interval(secs => pas), fenetre
FROM moment, unnest(%s::text[], %s::float8[], %s::float8[]) WITH ORDINALITY AS d(cle, pas, fenetre, rang)
ORDER BY rang
ON CONFLICT (cle) DO UPDATE SET fenetre = EXCLUDED.fenetre,
  libre_le = CASE WHEN {_INSENSE} THEN (SELECT m FROM moment)
    ELSE greatest(c.libre_le, (SELECT m FROM moment)) END + (EXCLUDED.libre_le - (SELECT m FROM moment))
WHERE {_INSENSE} OR c.libre_le + (EXCLUDED.libre_le - (SELECT m FROM moment))
  <= (SELECT m FROM moment) + make_interval(secs => EXCLUDED.fenetre * {_TOLERANCE})
RETURNING cle, extract(epoch FROM libre_le - (SELECT m FROM moment))::float8
"""
_LIRE = f"""
{_MOMENT}
SELECT cle, extract(epoch FROM libre_le - m)::float8 FROM api_compteur, moment WHERE cle = ANY(%s)
"""


@dataclass(frozen=True)
class Budget:
    """How many requests somebody may make in a window of some seconds."""

    nom: str
    cle: str
    quota: int
    fenetre: int

    @property
    def pas(self) -> float:
        """Return how many seconds give one request back."""
        return self.fenetre / self.quota


@dataclass(frozen=True)
class Solde:
    """What is left of a budget: requests, seconds until all are given back, seconds to wait before one."""

    budget: Budget
    reste: int
    plein_dans: float
    attente: float = 0


def budget(nom: str, cle: str, debit: str) -> Budget:
    """Return the budget of a rate written as in the settings: 600/min."""
    quota, _, unite = debit.partition("/")
    return Budget(nom, f"{nom}/{cle}", int(quota), _SECONDES[unite[0]])


def depenser(budgets: Sequence[Budget]) -> list[Solde]:
    """Spend one request of each of these budgets; return what is left of each, or how long to wait."""
    instant = instant_impose()
    with connection.cursor() as curseur:
        cles, pas, fenetres = zip(*((b.cle, b.pas, float(b.fenetre)) for b in budgets), strict=True)
        curseur.execute(_DEPENSER, [instant, list(cles), list(pas), list(fenetres)])
        admis = dict(curseur.fetchall())
        refuses = [cle for cle in cles if cle not in admis]
        attendus: dict[str, float] = {}
        if refuses:
            curseur.execute(_LIRE, [instant, refuses])
            attendus = dict(curseur.fetchall())
    soldes = []
    for un in budgets:
        if (du := admis.get(un.cle)) is not None:
            reste = int((un.fenetre * _TOLERANCE - du) / un.pas)
            soldes.append(Solde(un, max(0, min(reste, un.quota - 1)), du))
        else:
            du = attendus.get(un.cle, 0.0)
            soldes.append(Solde(un, 0, du, max(0.001, du + un.pas - un.fenetre)))
    return soldes


def oublier() -> int:
    """Delete the counts that hold nothing any more; return how many there were."""
    with connection.cursor() as curseur:
        curseur.execute("DELETE FROM api_compteur WHERE libre_le < clock_timestamp() - interval '1 hour'")
        return int(curseur.rowcount)


def entetes(soldes: Sequence[Solde]) -> Iterator[tuple[str, str]]:
    """Yield the headers of the draft « RateLimit header fields for HTTP »: the rules, and what is left."""
    if soldes:
        yield (
            "RateLimit-Policy",
            ", ".join(f'"{s.budget.nom}";q={s.budget.quota};w={s.budget.fenetre}' for s in soldes),
        )
        yield (
            "RateLimit",
            ", ".join(f'"{s.budget.nom}";r={s.reste};t={math.ceil(s.plein_dans)}' for s in soldes),
        )


class Debit(BaseThrottle):
    """The limits of a request: of its token and of its organisme, or of its address without a token."""

    soldes: Sequence[Solde] = ()

    def allow_request(self, request: Request, view: Any) -> bool:
        """Return whether the request is within its limits; the view keeps what is left, for the headers."""
        qui = request.user
        if isinstance(qui, Jeton):
            budgets = [
                budget("jeton", str(qui.pk), settings.API_DEBIT_PAR_JETON),
                budget("organisme", str(qui.organisme_id), settings.API_DEBIT_PAR_ORGANISME),
            ]
        else:
            ident = str(self.get_ident(request))[:60]
            budgets = [budget("adresse", ident, settings.API_DEBIT_ANONYME)]
        try:
            self.soldes = view.soldes = depenser(budgets)
        except (OperationalError, InterfaceError):
            # The primary is away: what its replica can still answer to the public is answered, uncounted.
            return True
        return not any(solde.attente for solde in self.soldes)

    def wait(self) -> float:
        """Return how many seconds to wait before the next request."""
        return max(solde.attente for solde in self.soldes)
