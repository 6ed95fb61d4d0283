"""What the public searches: a row of `FichePublique` per action that has something public.

The rows are those of `visibilite.publiques`, an action for each. The database writes them
(`publication/migrations/sql/fiches.sql`): a trigger on each table that decides what is public makes the
actions concerned again, in the same transaction. So what is withdrawn leaves at once, whoever withdraws it
(D-20), and no door can forget it. The nightly run writes them once for each of its sets: what appears is
added to the row of its action, or makes it (`_FICHES`, publication/passages.py).

The database does not know the day: what a run has published for a day to come is left out here.

The words of these actions are in `MotsPublics`. A run leaves them for just after: an action that appears is
found by its filters at once, and by its words some seconds later.
"""

from django.db import connection
from django.db.models import QuerySet

from edof.horloge import aujourd_hui
from publication.models import FichePublique

ACTIONS_PAR_ENSEMBLE = 2_000
_MOTS = """
WITH a_ecrire AS (
    SELECT f.action_id FROM publication_fichepublique AS f
    LEFT JOIN publication_motspublics AS m ON m.action_id = f.action_id
        AND (m.contenu_offre_id, m.contenu_action_id) = (f.contenu_offre_id, f.contenu_action_id)
    WHERE m.action_id IS NULL AND f.action_id > %s
    ORDER BY f.action_id LIMIT %s
), ecrites AS (
    SELECT array_agg(action_id) AS actions, max(action_id) AS derniere FROM a_ecrire
)
SELECT derniere, ecrire_les_mots(actions) FROM ecrites WHERE derniere IS NOT NULL"""


def ecrire_les_mots() -> None:
    """Write the words of the actions that have appeared or changed, by sets, each in its own transaction.

    What a stop leaves is written by the next call.
    """
    derniere = 0
    with connection.cursor() as curseur:
        while True:
            curseur.execute(_MOTS, [derniere, ACTIONS_PAR_ENSEMBLE])
            if (ligne := curseur.fetchone()) is None:
                return
            derniere = ligne[0]


def fiches() -> QuerySet[FichePublique]:
    """Return the actions that have something public now."""
    return FichePublique.objects.filter(du__lte=aujourd_hui())
