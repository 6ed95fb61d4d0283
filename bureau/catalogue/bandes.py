"""The actions of an open offre: those with sessions first, in full, then the others, one line each (D-33)."""

from typing import Any, NamedTuple

from catalogue.models import Offre
from edof.templatetags.affichage import pluriel

# A branch shows so many records, and as many more each time one asks; of actions without session, a few at
# first.
PAR_TRANCHE, SANS_SESSION_MONTREES = 50, 10
# The orders of actions, as the address names them; the first one when it names none.
ORDRES = {"": "Actives d'abord", "modification": "Dernière modification"}


class Ligne(NamedTuple):
    """A record under a branch: its key, that of the branch, whether the search found it, whether it has
    sessions.
    """

    pk: int
    parent: int
    trouvee: bool
    avec_sessions: bool


def premiere_tranche(lignes: list[Ligne], ordre: str) -> int:
    """How many of these records a branch shows as soon as it opens."""
    avec = sum(ligne.avec_sessions for ligne in lignes)
    return PAR_TRANCHE if avec > PAR_TRANCHE or _melees(lignes, ordre) else avec + SANS_SESSION_MONTREES


def bandes(offre: Offre, lignes: list[Ligne], ordre: str) -> list[dict[str, Any]]:
    """The actions shown of an offre, in one band or two; `lignes` are all of those that could be shown."""
    if _melees(lignes, ordre):
        trouvees = any(ligne.trouvee for ligne in lignes)
        precision = "ce que la recherche trouve d'abord" if trouvees else "la dernière modifiée d'abord"
        titre = pluriel(len(lignes), "action,actions")
        return [{"titre": titre, "precision": precision, "actions": offre.dessous}]
    lues = []
    for avec, suite in ((True, "avec des sessions"), (False, "sans session")):
        if nombre := sum(ligne.avec_sessions is avec for ligne in lignes):
            actions = [action for action in offre.dessous if action.avec_sessions is avec]
            precision = "les actives d'abord" if avec and nombre > 1 else ""
            titre = f"{pluriel(nombre, 'action,actions')} {suite}"
            lues.append({"titre": titre, "precision": precision, "actions": actions})
    return lues


def _melees(lignes: list[Ligne], ordre: str) -> bool:
    """Whether all come as one list: last modified first when it is asked for, or as a search found them."""
    return ordre == "modification" or any(ligne.trouvee for ligne in lignes)
