"""Whether what the public reads has changed: the one source of the validators of its pages.

A trigger inserts a row in the transaction that writes parutions, or that changes what hides them at once
(publication/migrations/sql/mouvements.sql). Rows are only inserted, so that nobody waits. What is compared is
the sum of their random weights, and not the last row: of two transactions that end in another order than they
began, each changes the sum for whoever sees it.
"""

import datetime as dt
from dataclasses import dataclass

from django.db import connection, models

from edof.horloge import maintenant
from edof.replique import connexion_de_lecture

# Rows older than this are put together: reading the sum stays as cheap as it was.
ENSEMBLE_APRES = dt.timedelta(hours=1)
_MODULE = 2**62


class Mouvement(models.Model):
    """Something that the public reads has appeared, changed or been withdrawn."""

    instant = models.DateTimeField("instant")
    poids = models.BigIntegerField("poids")

    class Meta:
        verbose_name = "mouvement"
        verbose_name_plural = "mouvements"

    def __str__(self) -> str:
        return f"{self.instant:%d/%m/%Y %H:%M:%S}"


@dataclass(frozen=True)
class EtatPublic:
    """What the public reads, without reading it: the same number as long as nothing has changed."""

    numero: int
    depuis: dt.datetime | None


def etat_public() -> EtatPublic:
    """Return the present state; read before a page, it is never more recent than the page."""
    with connexion_de_lecture().cursor() as curseur:
        curseur.execute(
            "SELECT coalesce(sum(poids) %% %s, 0)::bigint, max(instant) FROM publication_mouvement", [_MODULE]
        )
        return EtatPublic(*curseur.fetchone())


def rassembler() -> None:
    """Put the old rows together: their sum, and so the state, does not change."""
    with connection.cursor() as curseur:
        curseur.execute(
            "WITH anciens AS (DELETE FROM publication_mouvement WHERE instant < %s RETURNING instant, poids)"
            " INSERT INTO publication_mouvement (instant, poids)"
            " SELECT max(instant), (sum(poids) %% %s)::bigint FROM anciens HAVING count(*) > 0",
            [maintenant() - ENSEMBLE_APRES, _MODULE],
        )
