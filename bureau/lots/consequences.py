"""What an operation on many records does to what the public sees, told before it happens (D-20)."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import QuerySet

from catalogue.cycle_de_vie import Statut
from catalogue.models import Fiche
from catalogue.regles import conjonction
from edof.horloge import demain
from lots.models import Lot
from lots.operations import OPERATIONS
from lots.repetition import Repetition
from organismes.droits import Operation
from publication.visibilite import a_remplir, visibles
from sessions_app.models import Session

# From this number of withdrawals on, the confirmation asks to type the number.
RETRAITS_SANS_ECRIRE = 50


@dataclass(frozen=True)
class Consequences:
    """The sessions that leave the public side at once, the actions left without any, those that appear."""

    quittent: int = 0
    actions_sans_date: int = 0
    # Opened: how many will be visible on `jour`, how many will not.
    paraitront: int = 0
    attendront: int = 0
    # Active records whose change the public sees on `jour`.
    changent: int = 0
    jour: dt.date | None = None

    @property
    def a_ecrire(self) -> bool:
        """Return whether the number must be typed to confirm."""
        return self.quittent > RETRAITS_SANS_ECRIRE


def consequences(lot: Lot, repetition: Repetition) -> Consequences:
    """Return the consequences of the ready records of a rehearsal, in at most three queries."""
    en_nombre, cles = OPERATIONS[lot.operation], repetition.pretes
    if not cles:
        return Consequences()
    if en_nombre.retire:
        partent = visibles(_sessions_sous(lot.modele, cles))
        quittent = partent.count()
        if not quittent:
            return Consequences()
        actions = partent.order_by().values("action")
        restent = visibles(Session.objects.filter(action__in=actions)).exclude(pk__in=partent.values("pk"))
        sans = actions.distinct().count() - restent.order_by().values("action").distinct().count()
        return Consequences(quittent=quittent, actions_sans_date=sans)
    if en_nombre.operation == Operation.OUVRIR:
        ouvertes = Session.objects.filter(pk__in=cles)
        # What the opening does not settle by itself.
        restant = [condition for condition in a_remplir(demain()) if condition.operation != Operation.OUVRIR]
        paraitront = ouvertes.filter(conjonction(restant)).count()
        return Consequences(paraitront=paraitront, attendront=len(cles) - paraitront, jour=demain())
    if en_nombre.operation == Operation.MODIFIER:
        changent = lot.modele.objects.filter(pk__in=cles, statut=Statut.ACTIVE).count()
        return Consequences(changent=changent, jour=demain())
    return Consequences()


def _sessions_sous(modele: type[Fiche], cles: Collection[int]) -> QuerySet[Session]:
    chemin = {"offre": "action__offre__in", "action": "action__in", "session": "pk__in"}
    return Session.objects.filter(**{chemin[str(modele._meta.model_name)]: cles})
