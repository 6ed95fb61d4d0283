"""What many records ask of the reference tables, asked once for all of them."""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

R = TypeVar("R")
_lues: ContextVar[dict[Hashable, Any] | None] = ContextVar("referentiel", default=None)


@contextmanager
def referentiel_lu_une_fois() -> Iterator[None]:
    """Make `une_fois` remember its answers inside the block: a plan, a set of records to write."""
    jeton = _lues.set({})
    try:
        yield
    finally:
        _lues.reset(jeton)


def une_fois(cle: Hashable, lire: Callable[[], R]) -> R:
    """Return what `lire` reads; in such a block, it reads each `cle` once."""
    lues = _lues.get()
    if lues is None:
        return lire()
    if cle not in lues:
        lues[cle] = lire()
    reponse: R = lues[cle]
    return reponse
