"""The records with the columns that a block of the catalogue shows.

The columns that say what the public sees take longer to compose than to read: they are composed once a day,
and a request only adds the keys.
"""

import datetime as dt
from functools import cache, lru_cache

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalogue.models import Action, Fiche, Offre
from edof.horloge import aujourd_hui
from publication import etats
from sessions_app.models import Session


def offres(cles: list[int]) -> list[Offre]:
    """Return the offres with these keys, in the order of the keys."""
    lues = _offres().in_bulk(cles)
    return [lues[cle] for cle in cles if cle in lues]


def actions(cles: list[int]) -> QuerySet[Action]:
    """Return the actions with these keys."""
    return _actions(aujourd_hui()).filter(pk__in=cles)


def sessions(cles: list[int]) -> QuerySet[Session]:
    """Return the sessions with these keys."""
    return _sessions(aujourd_hui()).filter(pk__in=cles)


@cache
def _offres() -> QuerySet[Offre]:
    return Offre.objects.select_related("certification").annotate(
        nombre_d_actions=_compte(Action, "offre"), est_visible=etats.offre_visible()
    )


# Two days: around midnight some requests are of the day before.
@lru_cache(maxsize=2)
def _actions(jour: dt.date) -> QuerySet[Action]:
    """Return all the actions, as seen on `jour`; call it on that day."""
    return Action.objects.select_related(
        "lieu_de_formation", "contact_du_lieu", "contact_information"
    ).annotate(
        nombre_de_sessions=_compte(Session, "action"),
        etat=etats.etat_de_l_action(),
        premier_matin=etats.premier_matin(),
    )


@lru_cache(maxsize=2)
def _sessions(jour: dt.date) -> QuerySet[Session]:
    """Return all the sessions, as seen on `jour`; call it on that day."""
    return etats.avec_etat(Session.objects.select_related("contact_inscription", "adresse_inscription"))


def _compte(modele: type[Fiche], parent: str) -> Coalesce:
    """Return, as a column, the number of `modele` records not archived under the outer row (D-31)."""
    nombre = (
        modele.objects.filter(**{parent: OuterRef("pk")})
        .non_archivees()
        .order_by()
        .values(parent)
        .annotate(n=Count("pk"))
        .values("n")
    )
    return Coalesce(Subquery(nombre, output_field=IntegerField()), 0)
