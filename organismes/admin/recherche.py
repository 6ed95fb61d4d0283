"""How records are found in Django admin among a million and a half: only by what an index serves."""

import re
from typing import Any

from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from edof.lecture import lire_code
from edof.pliage import plier
from organismes.models import Organisme


def par_debut(q: str, chemin: str = "", champ: str = "identifiant") -> Q:
    """The records whose identifier begins like `q`, or those of the organisme whose SIRET it is; `chemin`
    leads to them.
    """
    q = q.replace("\x00", "").strip()
    if re.fullmatch(r"[0-9]{14}", compact := lire_code(q)):
        return Q(organisme__siret=compact)
    return Q(**{f"{chemin}{champ}__plie__startswith": plier(q)}) if q else Q()


class OrganismeFilter(admin.SimpleListFilter):
    """The records of one organisme, from the link on its page: nobody chooses in a list of twenty
    thousand.
    """

    title = "organisme"
    parameter_name = "organisme"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The one that was asked for, if there is one."""
        cle = request.GET.get(self.parameter_name, "")
        organisme = Organisme.objects.filter(pk=cle).first() if _est_une_cle(cle) else None
        return [(cle, str(organisme))] if organisme else []

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        """Its records; none for what is no organisme."""
        if (cle := self.value()) is None:
            return queryset
        return queryset.filter(organisme=cle) if _est_une_cle(cle) else queryset.none()


def _est_une_cle(texte: str) -> bool:
    return re.fullmatch(r"[0-9]{1,18}", texte) is not None
