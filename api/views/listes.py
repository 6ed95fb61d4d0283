"""The list of a resource of the organisme: pages, filters, fields, parents, CSV, and its validator."""

import datetime as dt
from typing import Any, ClassVar

import django_filters
from django.db.models import QuerySet
from django.http.response import HttpResponseBase
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.listes import (
    Inclusion,
    champs_demandes,
    etiqueter,
    inclus,
    inclusions_demandees,
    montrer,
    reponse_en_csv,
    veut_du_csv,
)
from api.pagination import Lignes
from api.preconditions import verifier
from api.views.base import Vue
from edof.horloge import aujourd_hui, maintenant
from publication import fil

# Margin for what a slow transaction may have been writing while the list was read.
MARGE = dt.timedelta(minutes=1)


class AvecListe(Vue):
    """The list of a resource whose changes are in the feed of the organisme."""

    lecture: ClassVar[type[serializers.Serializer]]
    filtres: ClassVar[type[django_filters.FilterSet]]
    inclusions: ClassVar[tuple[Inclusion, ...]] = ()

    def ensemble(self) -> QuerySet[Any]:
        """Return the records of the organisme of the token."""
        raise NotImplementedError

    def supprimees(self) -> list[dict[str, Any]]:
        """Return the records deleted since `modifie_depuis`."""
        raise NotImplementedError

    def lister(self, request: Request) -> HttpResponseBase:
        """Return a page of records, or all of them in CSV."""
        champs = champs_demandes(request, self.lecture)
        demandees = inclusions_demandees(request, self.inclusions)
        csv = veut_du_csv(request)
        # Read before the list: it is never more recent than what the list shows.
        etiquette = self._etiquette("csv" if csv else "json")
        source = Lignes(self.filtrer(self.filtres, self.ensemble()))
        reponse: HttpResponseBase
        if verifier(request, etiquette):
            reponse = Response(status=304)
        elif csv:
            reponse = reponse_en_csv(self.ressource, self.lecture, source, champs)
        else:
            lues, suivante = source.page(request)
            contenu = {
                "suivante": suivante,
                "reprendre_depuis": maintenant() - MARGE,
                "supprimees": self.supprimees(),
                "resultats": montrer(self.lecture, lues, champs, many=True),
            }
            if demandees:
                contenu["inclus"] = inclus(self.jeton.organisme, demandees, lues)
            reponse = Response(contenu)
        # Weak, and `reprendre_depuis` differs from one answer to the next.
        return etiqueter(reponse, etiquette)

    def _etiquette(self, forme: str) -> str:
        """Return what changes whenever the list may: the feed, the day, and the fields that there are."""
        organisme = self.jeton.organisme
        colonnes = len(self.lecture().fields)
        jour = f"{aujourd_hui():%Y%m%d}"
        return f"{organisme.pk}-{fil.dernier_numero(organisme)}-{jour}-{colonnes}-{forme}"
