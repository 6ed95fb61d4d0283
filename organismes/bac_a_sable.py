"""The clock of a sandbox, put on by whoever works in it: a page, a program, a task (docs/architecture.md)."""

from collections.abc import Iterator
from contextlib import contextmanager

from edof.horloge import avancer_de, en_avance_de, jour_pour_tous
from organismes.models import BacASable, Organisme


def bac_de(organisme: Organisme | None) -> BacASable | None:
    """Return the sandbox that this organisme is, or None; an organisme that is none costs no query.

    The sandbox of an erased account has no clock any more, until it is deleted.
    """
    if organisme is None or not organisme.bac_a_sable:
        return None
    return BacASable.objects.select_related("organisme").filter(organisme=organisme).first()


def entrer(organisme: Organisme | None) -> BacASable | None:
    """Put on the clock of this organisme until the end of the request; return its sandbox, None elsewhere.

    Its use is noted, once a day.
    """
    bac = bac_de(organisme)
    avancer_de(bac.jours_d_avance if bac else 0)
    if bac and bac.utilise_le != jour_pour_tous():
        BacASable.objects.filter(pk=bac.pk).update(utilise_le=jour_pour_tous())
    return bac


@contextmanager
def a_l_heure_de(organisme: Organisme) -> Iterator[None]:
    """Live by the clock of this organisme inside the block: what a task does for it."""
    bac = bac_de(organisme)
    with en_avance_de(bac.jours_d_avance if bac else 0):
        yield
