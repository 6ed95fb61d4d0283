"""The bar of what can be done with the ticked records of a list."""

from typing import Any

from lots.operations import OPERATIONS, OperationEnNombre
from organismes.droits import Operation, role_permet
from organismes.models import Membre

# The others are under « Plus »; on a telephone, so are all but the first and the third.
MONTREES = 5
# The pages that take a selection of sessions, by the value of their button: label, URL name, parameter.
PAGES = {
    "tableau": ("Modifier en tableau", "tableau_des_sessions", "cles"),
    "reconduire": ("Reconduire", "sessions_reconduire", "s"),
}


def barre(
    membre: Membre, niveaux: tuple[str, ...], total: int, *, noms: str, filtre: str | None = None
) -> dict[str, Any]:
    """Return the operations that the role allows on these levels; an empty dict when it allows none.

    `total` is the number of records of the list and `filtre` the query of its URL, None when the list cannot
    be chosen whole. `noms` is what is ticked, for one and for many.
    """
    permises: list[tuple[str, OperationEnNombre]] = [
        (code, operation)
        for code, operation in OPERATIONS.items()
        if set(niveaux) & set(operation.niveaux) and role_permet(membre.role, operation.operation)
    ]
    if not permises:
        return {}
    return {
        "total": total,
        "noms": noms,
        "filtre": filtre or "",
        "filtre_entier": filtre is not None,
        "premieres": permises[:MONTREES],
        # With, for each, whether it has its button on a wide screen.
        "toutes": [(code, operation, rang < MONTREES) for rang, (code, operation) in enumerate(permises)],
        "pages": PAGES if "session" in niveaux and role_permet(membre.role, Operation.MODIFIER) else {},
    }
