"""The versions of the API: what changed, what is deprecated, and the headers that say it.

An operation is deprecated by a line of RETRAITS: the headers of its answers (RFC 9745 and RFC 8594), its
mark in the OpenAPI description and on the documentation page, and its line on « Versions » follow.
"""

import datetime as dt
from dataclasses import dataclass

from django.conf import settings
from django.urls import reverse
from django.utils.http import http_date

from edof.horloge import minuit


@dataclass(frozen=True)
class Retrait:
    """The announced end of an operation, known by its identifier in the schema (`lister_offres`)."""

    operation: str
    depuis: dt.date
    retire_le: dt.date
    # What to call instead, in a sentence.
    remplacement: str


@dataclass(frozen=True)
class Changement:
    """What changed in the API on a day, in sentences."""

    jour: dt.date
    phrases: tuple[str, ...]


# Six months at least separate the two dates of a line.
RETRAITS: tuple[Retrait, ...] = ()
CHANGEMENTS = (
    Changement(
        dt.date(2026, 11, 30),
        (
            "`bac-a-sable/` : un organisme d'essai, dont l'horloge avance quand vous le demandez.",
            "`formations/` lit les lieux comme on les dit : une région, « le 93 », « 75013 Paris ».",
            "`exports/` refuse un `niveau` que le `type` demandé ne peut pas servir (il l'ignorait).",
            "Chaque refus a sa page : `type` en est l'adresse. Les anciennes ancres restent.",
            "Les événements des webhooks sont décrits dans le schéma OpenAPI (`webhooks`).",
            "`lots/` : jusqu'à 1 000 créations, modifications et opérations en un appel, 20 000 en tâche.",
            "`actions/<id>/series/` : une série de sessions par une règle.",
            "`changements/` : le fil de tout ce qui change, sans trou ni doublon, gardé 90 jours.",
            "`webhooks/` : être appelé quand une session s'ouvre, se ferme, paraît…",
            "`imports/` : un fichier est planifié, relu ligne à ligne, appliqué, annulé.",
            "`Idempotency-Key` sur chaque écriture : envoyée deux fois, faite une fois.",
            "`champs` et `format=csv` sur chaque liste, qui a un `ETag` ; `inclure` sur les fiches.",
            "`RateLimit` et `RateLimit-Policy` sur chaque réponse ; un débit par organisme.",
        ),
    ),
    Changement(
        dt.date(2026, 11, 24),
        ("Version 1 : les fiches, leurs opérations, les exports, les publications et les formations.",),
    ),
)


def retrait_de(operation: str) -> Retrait | None:
    """Return the announced end of this operation, None when there is none."""
    return next((retrait for retrait in RETRAITS if retrait.operation == operation), None)


def entetes(operation: str) -> dict[str, str]:
    """Return the headers that announce the end of this operation; nothing when there is none."""
    retrait = retrait_de(operation)
    if retrait is None:
        return {}
    page = f"{settings.ADRESSE_PUBLIQUE}{reverse('api_versions')}"
    return {
        "Deprecation": f"@{int(minuit(retrait.depuis).timestamp())}",
        "Sunset": http_date(minuit(retrait.retire_le).timestamp()),
        "Link": f'<{page}>; rel="deprecation"; type="text/html", <{page}>; rel="sunset"; type="text/html"',
    }
