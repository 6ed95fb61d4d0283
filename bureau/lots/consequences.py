"""What an operation on many records does to what the public sees, told before it happens (D-20)."""

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

from django.db.models import QuerySet

from catalogue.cycle_de_vie import Statut
from catalogue.regles import conjonction
from edof.ecriture import parmi
from edof.horloge import demain
from lots.models import Lot
from lots.operations import OPERATIONS, OperationEnNombre
from lots.repetition import Repetition
from organismes.droits import Operation
from publication.visibilite import a_remplir, visibles
from sessions_app.models import Session
from sessions_app.plans import ANNULENT, NOMS, Programmation

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
    # Openings and closings that were planned and are cancelled (D-46).
    plans: int = 0
    jour: dt.date | None = None

    @property
    def a_ecrire(self) -> bool:
        """Return whether the number must be typed to confirm."""
        return self.quittent > RETRAITS_SANS_ECRIRE


def consequences(lot: Lot, repetition: Repetition) -> Consequences:
    """Return the consequences of the ready records of a rehearsal, in at most four queries."""
    en_nombre, cles = OPERATIONS[lot.operation], repetition.pretes
    if not cles:
        return Consequences()
    suites = _du_public(lot, en_nombre, cles)
    if en_nombre.faire or en_nombre.operation not in ANNULENT:
        return suites
    visees = Programmation.objects.prevues().filter(session__in=_sessions_sous(lot, cles))
    if en_nombre.operation in NOMS:
        visees = visees.filter(operation=en_nombre.operation)
    return replace(suites, plans=visees.count() if en_nombre.retire or lot.niveau == "session" else 0)


def _du_public(lot: Lot, en_nombre: OperationEnNombre, cles: list[int]) -> Consequences:
    if en_nombre.retire:
        partent = visibles(_sessions_sous(lot, cles))
        quittent = partent.count()
        if not quittent:
            return Consequences()
        actions = partent.order_by().values("action")
        soeurs = Session.objects.pour_organisme(lot.organisme).filter(action__in=actions)
        restent = visibles(soeurs).exclude(pk__in=partent.values("pk"))
        sans = actions.distinct().count() - restent.order_by().values("action").distinct().count()
        return Consequences(quittent=quittent, actions_sans_date=sans)
    if en_nombre.faire:
        return Consequences()
    if en_nombre.operation == Operation.OUVRIR:
        ouvertes = Session.objects.pour_organisme(lot.organisme).filter(pk__in=parmi(cles))
        # What the opening does not settle by itself.
        restant = [condition for condition in a_remplir(demain()) if condition.operation != Operation.OUVRIR]
        paraitront = ouvertes.filter(conjonction(restant)).count()
        return Consequences(paraitront=paraitront, attendront=len(cles) - paraitront, jour=demain())
    if en_nombre.operation == Operation.MODIFIER:
        changent = lot.modele.objects.filter(pk__in=parmi(cles), statut=Statut.ACTIVE).count()
        return Consequences(changent=changent, jour=demain())
    return Consequences()


def _sessions_sous(lot: Lot, cles: Collection[int]) -> QuerySet[Session]:
    chemin = {"offre": "action__offre__in", "action": "action__in", "session": "pk__in"}[lot.niveau]
    return Session.objects.pour_organisme(lot.organisme).filter(**{chemin: parmi(cles)})
