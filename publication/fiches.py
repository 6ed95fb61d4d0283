"""What the public searches: a row of `FichePublique` per action that has something public.

The rows are those of `visibilite.publiques`, an action for each. The database writes them
(`publication/migrations/sql/fiches.sql`): a trigger on each table that decides what is public makes the
actions concerned again, in the same transaction. So what is withdrawn leaves at once, whoever withdraws it
(D-20), and no door can forget it. The nightly run makes them once for each of its sets.

The database does not know the day: what a run has published for a day to come is left out here.
"""

from django.db.models import QuerySet

from edof.horloge import aujourd_hui
from publication.models import FichePublique


def fiches() -> QuerySet[FichePublique]:
    """Return the actions that have something public now."""
    return FichePublique.objects.filter(du__lte=aujourd_hui())
