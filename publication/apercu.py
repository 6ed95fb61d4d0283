"""An action as the public would read it on a day to come, if nothing else changed until then."""

import datetime as dt
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from catalogue.cycle_de_vie import Statut
from catalogue.models import Action
from catalogue.regles import conjonction
from organismes.droits import Operation
from publication.contenus import CONTENU_SESSION, contenu_present
from publication.presentation import presenter
from publication.visibilite import a_remplir
from sessions_app.models import Programmation, Session


def apercu_du(action: Action, jour: dt.date, *, avec_validees: bool = False) -> dict[str, Any]:
    """Return the template data of the page of this action, as the public would read it on `jour`."""
    sessions = sessions_lues(action, jour, avec_validees=avec_validees)
    contenus = sessions.order_by(F("date_debut").asc(nulls_last=True), "pk")
    return presenter(
        contenu_present(action.offre),
        contenu_present(action),
        list(contenus.values_list(CONTENU_SESSION, flat=True)),
    )


def sessions_lues(action: Action, jour: dt.date, *, avec_validees: bool = False) -> QuerySet[Session]:
    """Return the sessions of this action that the public would read on `jour`.

    They are those that the run of that day would show, with what is planned until then (D-46): an opening
    shows a session the day after it, a closing hides it on its day. With `avec_validees`, also those that
    only their opening still keeps from the public.
    """
    plans = Programmation.objects.prevues().order_by().filter(session=OuterRef("pk"))
    conditions = a_remplir(jour)
    ouvertes = conjonction(conditions)
    # What opening a session brings with it: its statut, that of its parents, and the opening itself.
    pretes = conjonction([condition for condition in conditions if condition.operation != Operation.OUVRIR])
    pretes &= Q(statut__in=[Statut.VALIDEE.value, Statut.ACTIVE.value])
    ouvrira = Q(Exists(plans.filter(operation=Operation.OUVRIR, jour__lt=jour)))
    fermera = Q(Exists(plans.filter(operation=Operation.FERMER, jour__lte=jour)))
    lues = (ouvertes | (pretes & ouvrira)) & ~fermera
    if avec_validees:
        lues |= pretes & Q(statut=Statut.VALIDEE.value)
    return Session.objects.filter(lues, action=action)
