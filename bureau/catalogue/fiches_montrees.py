"""The records with the columns that a block of the catalogue shows.

The columns that say what the public sees take longer to compose than to read: their statements are composed
once a day, and a request only gives the keys.
"""

import datetime as dt
from functools import cache, lru_cache

from django.db.models import Count, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from catalogue.models import Action, Fiche, Offre
from edof.gardees import Gardee, parmi
from edof.horloge import aujourd_hui
from publication import etats
from sessions_app.models import Session
from sessions_app.plans import lire_les_plans


def offres(cles: list[int]) -> list[Offre]:
    """Return the offres with these keys, in the order of the keys."""
    lues = {offre.pk: offre for offre in _offres_de().lire(cles=cles)}
    return [lues[cle] for cle in cles if cle in lues]


def actions(cles: list[int]) -> list[Action]:
    """Return the actions with these keys."""
    return _actions_de(aujourd_hui()).lire(cles=cles)


def sessions(cles: list[int]) -> list[Session]:
    """Return the sessions with these keys."""
    lues = _sessions_de(aujourd_hui()).lire(cles=cles)
    lire_les_plans(lues)
    return lues


@cache
def _offres_de() -> Gardee[Offre]:
    return Gardee(_offres().filter(parmi("pk", "cles")))


# Some days: around midnight some requests are of the day before, and those of sandboxes are of others.
@lru_cache(maxsize=16)
def _actions_de(jour: dt.date) -> Gardee[Action]:
    return Gardee(_actions().filter(parmi("pk", "cles")))


@lru_cache(maxsize=16)
def _sessions_de(jour: dt.date) -> Gardee[Session]:
    return Gardee(_sessions().filter(parmi("pk", "cles")))


def _offres() -> QuerySet[Offre]:
    return Offre.objects.select_related("certification").annotate(
        nombre_d_actions=_compte(Action, "offre"), est_visible=etats.offre_visible()
    )


def _actions() -> QuerySet[Action]:
    """Return all the actions, as seen today."""
    return Action.objects.select_related(
        "lieu_de_formation", "contact_du_lieu", "contact_information"
    ).annotate(
        nombre_de_sessions=_compte(Session, "action"),
        etat=etats.etat_de_l_action(),
        premier_matin=etats.premier_matin(),
    )


def _sessions() -> QuerySet[Session]:
    """Return all the sessions, as seen today."""
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
