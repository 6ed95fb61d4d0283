"""What changed between two files of formations: applied to the first, it gives the second exactly."""

import re
from collections.abc import Iterable, Iterator

PARUE, MODIFIEE, RETIREE = "parue", "modifiee", "retiree"
# How each line of formations begins; the lines are in the order of these two keys, the offre first.
_CLE = re.compile(rb'\{"id": (\d+), "id_offre": (\d+),')


def cle(ligne: bytes) -> tuple[int, int]:
    """Return the keys of the offre and of the action of a line."""
    trouvee = _CLE.match(ligne)
    if trouvee is None:
        raise ValueError("This line is not a formation.")
    return int(trouvee[2]), int(trouvee[1])


def changements(avant: Iterable[bytes], apres: Iterable[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield the nature of each change with the line of the formation: the new one, or the one withdrawn.

    Both files are read once, side by side: the memory does not depend on their size.
    """
    anciennes, nouvelles = iter(avant), iter(apres)
    ancienne, nouvelle = next(anciennes, None), next(nouvelles, None)
    while ancienne is not None or nouvelle is not None:
        if nouvelle is None or (ancienne is not None and cle(ancienne) < cle(nouvelle)):
            assert ancienne is not None
            yield RETIREE, ancienne
            ancienne = next(anciennes, None)
        elif ancienne is None or cle(nouvelle) < cle(ancienne):
            yield PARUE, nouvelle
            nouvelle = next(nouvelles, None)
        else:
            if ancienne != nouvelle:
                yield MODIFIEE, nouvelle
            ancienne, nouvelle = next(anciennes, None), next(nouvelles, None)


def ligne(nature: str, formation: bytes) -> bytes:
    """Return the line of a change: its nature, the keys, and the formation unless it is withdrawn."""
    offre, action = cle(formation)
    debut = b'{"nature": "%s", "id": %d, "id_offre": %d' % (nature.encode(), action, offre)
    if nature == RETIREE:
        return debut + b"}\n"
    return debut + b', "formation": ' + formation.rstrip(b"\n") + b"}\n"
