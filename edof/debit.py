"""Rate limit by address for costly requests."""

from django.core.cache import cache
from django.http import HttpRequest

from edof.visiteur import adresse

SECONDES = 60


def trop_souvent(request: HttpRequest, quoi: str, par_minute: int) -> bool:
    """Return whether the visitor's address has requested `quoi` more than `par_minute` times within a minute.

    With REDIS_URL all the machines count together, and nothing is counted while Redis is away. Without it
    each process has its own counters: this slows down repeated requests, it is not an exact limit.
    """
    if not (qui := adresse(request)):
        return False
    cle = f"debit/{quoi}/{qui}"
    cache.add(cle, 0, SECONDES)
    try:
        return cache.incr(cle) > par_minute
    except ValueError:
        # The key expired between the two calls.
        return False
