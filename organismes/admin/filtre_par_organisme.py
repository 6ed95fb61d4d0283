"""Search in Django admin among a million and a half records: only conditions that an index can serve."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.db.models.expressions import OrderBy
from django.http import HttpRequest

from edof.lecture import lire_cle, lire_code
from edof.pliage import Plie, plier
from organismes.models import Organisme


def par_debut(q: str, chemin: str = "", champ: str = "identifiant") -> Q:
    """Return the condition for records whose identifier begins with `q`, or of the organisme with this SIRET.

    `chemin` is the lookup prefix of the identifier field.
    """
    q = q.replace("\x00", "").strip()
    if re.fullmatch(r"[0-9]{14}", compact := lire_code(q)):
        return Q(organisme__siret=compact)
    return Q(**{f"{chemin}{champ}__plie__startswith": plier(q)}) if q else Q()


class _OrdreDeLIndex(OrderBy):
    """The order of an index made with `text_pattern_ops`, which is not that of the collation."""

    # Django looks for an ASC to know what an order is about: a comment is enough.
    template = "%(expression)s USING ~<~ /* ASC */"


def commencent_par(lignes: QuerySet, q: str, champ: str = "identifiant") -> QuerySet:
    """Return the records that `par_debut` finds; those found by their beginning, in the order of its index.

    It gives a page without reading the others, however many records begin so. By the latest first, a
    beginning that only old records have would read, and fold, every record after them.
    """
    trouvees = lignes.filter(condition := par_debut(q, champ=champ))
    if not condition or condition == Q(organisme__siret=lire_code(q)):
        return trouvees
    return trouvees.order_by(_OrdreDeLIndex(Plie(champ)), "pk")


class OrganismeFilter(admin.SimpleListFilter):
    """Filter on one organisme, set by the link on its page: a list of twenty thousand would be of no use."""

    title = "organisme"
    parameter_name = "organisme"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the requested organisme as the only choice, if it exists."""
        cle = request.GET.get(self.parameter_name, "")
        organisme = Organisme.objects.filter(pk=cle).first() if _est_une_cle(cle) else None
        return [(cle, str(organisme))] if organisme else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Return the records of the organisme; none when the value is not a key."""
        if (cle := self.value()) is None:
            return queryset
        return queryset.filter(organisme=cle) if _est_une_cle(cle) else queryset.none()


def _est_une_cle(texte: str) -> bool:
    return lire_cle(texte) is not None
