"""How often one address may ask for what is costly."""

from django.core.cache import cache
from django.http import HttpRequest

from edof.visiteur import adresse

SECONDES = 60


def trop_souvent(request: HttpRequest, quoi: str, par_minute: int) -> bool:
    """Whether the visitor's address has asked for `quoi` more than `par_minute` times in a minute.

    Each process counts for itself: it is a brake on who asks without end, not an exact limit.
    """
    if not (qui := adresse(request)):
        return False
    cle = f"debit/{quoi}/{qui}"
    cache.add(cle, 0, SECONDES)
    try:
        return cache.incr(cle) > par_minute
    except ValueError:
        # The minute ended between the two lines.
        return False
