"""The actions of an open offre, in one or two bands (D-33).

The actions with sessions come first, in full. The others follow, one line each.
"""

from typing import Any, NamedTuple

from catalogue.models import Offre
from edof.templatetags.affichage import pluriel

# Number of records that a branch shows at first, and adds each time the user asks for more; number of actions
# without session shown at first.
PAR_TRANCHE, SANS_SESSION_MONTREES = 50, 10
# The sort orders of the actions, by value of the URL parameter `ordre`; the first one is the default.
ORDRES = {"": "Actives d'abord", "modification": "Dernière modification"}


class LigneDeBande(NamedTuple):
    """A record under a branch of the tree.

    It contains the key of the record, the key of the branch, whether the search found the record, and whether
    the record has sessions.
    """

    pk: int
    parent: int
    trouvee: bool
    avec_sessions: bool


def premiere_tranche(lignes: list[LigneDeBande], ordre: str) -> int:
    """Return how many of these records a branch shows as soon as it opens."""
    avec = sum(ligne.avec_sessions for ligne in lignes)
    return PAR_TRANCHE if avec > PAR_TRANCHE or _melees(lignes, ordre) else avec + SANS_SESSION_MONTREES


def bandes(offre: Offre, lignes: list[LigneDeBande], ordre: str) -> list[dict[str, Any]]:
    """Return the actions shown under an offre, in one or two bands (`titre`, `precision`, `actions`).

    `lignes` contains all the actions that could be shown.
    """
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


def _melees(lignes: list[LigneDeBande], ordre: str) -> bool:
    """Return whether all the actions form one list.

    They do when the user asked for the last modified first, or when a search found some of them.
    """
    return ordre == "modification" or any(ligne.trouvee for ligne in lignes)
