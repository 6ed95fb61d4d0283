"""How many times each action was shown in results and opened, by day: two numbers, nothing of who read.

A read never waits for a write: `noter` counts in memory, and what was counted is written once the answer has
been sent (`verser`). Only numbers are lost when a process is killed: those of the last SECONDES.
"""

import datetime as dt
import logging
import threading
import time
from collections import Counter
from collections.abc import Iterable
from functools import cache
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection, models, transaction
from django.db.models import Sum

from edof.conservation import FREQUENTATION
from edof.gardees import Donnee, Gardee
from edof.horloge import aujourd_hui
from organismes.models import Organisme
from organismes.models.organisme import ORGANISME_DONNE, AppartenantQuerySet

journal = logging.getLogger(__name__)

JOURS_MONTRES, JOURS_GARDES = 30, FREQUENTATION.duree.days


class Frequentation(models.Model):
    """The numbers of one action for one day."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    action = models.ForeignKey(
        "catalogue.Action",
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    jour = models.DateField("jour")
    vues = models.PositiveIntegerField("vue dans des résultats", default=0)
    ouvertures = models.PositiveIntegerField("ouvertures", default=0)

    objects = AppartenantQuerySet.as_manager()

    class Meta:
        verbose_name = "fréquentation"
        verbose_name_plural = "fréquentations"
        constraints = [models.UniqueConstraint(fields=["action", "jour"], name="frequentation_par_jour")]
        indexes = [models.Index(fields=["organisme", "jour"], name="frequentation_par_organisme")]

    def __str__(self) -> str:
        return f"action {self.action_id}, {self.jour}"


_verrou = threading.Lock()
# {(action, day): number}, for each of the two numbers.
_montrees: Counter[tuple[int, dt.date]] = Counter()
_ouvertes: Counter[tuple[int, dt.date]] = Counter()
_verse_a = 0.0


def noter(*, montrees: Iterable[int] = (), ouverte: int | None = None) -> None:
    """Count these actions as shown in results, and this one as opened, today."""
    jour = aujourd_hui()
    with _verrou:
        _montrees.update((action, jour) for action in montrees)
        if ouverte is not None:
            _ouvertes[ouverte, jour] += 1


def verser_s_il_est_temps() -> None:
    """Write what was counted, when the last time was more than FREQUENTATION_SECONDES ago."""
    global _verse_a  # noqa: PLW0603
    with _verrou:
        if time.monotonic() - _verse_a < settings.FREQUENTATION_SECONDES:
            return
        _verse_a = time.monotonic()
    verser()


def verser() -> None:
    """Write what was counted; when the database refuses, keep it for the next time.

    Rows are written in order, so that two processes never wait for each other; the commit does not wait for
    the disk. The action may have been deleted meanwhile: it is then forgotten.
    """
    with _verrou:
        montrees, ouvertes = _montrees.copy(), _ouvertes.copy()
        _montrees.clear()
        _ouvertes.clear()
    cles = sorted(montrees.keys() | ouvertes.keys())
    if not cles:
        return
    colonnes = (
        [action for action, _ in cles],
        [jour for _, jour in cles],
        [montrees[cle] for cle in cles],
        [ouvertes[cle] for cle in cles],
    )
    try:
        with transaction.atomic(), connection.cursor() as curseur:
            curseur.execute("SET LOCAL synchronous_commit = off")
            curseur.execute(_VERSER, colonnes)
    except DatabaseError:
        journal.warning("La fréquentation de %s actions sera écrite plus tard", len(cles), exc_info=True)
        with _verrou:
            _montrees.update(montrees)
            _ouvertes.update(ouvertes)


_VERSER = """
INSERT INTO publication_frequentation AS f (organisme_id, action_id, jour, vues, ouvertures)
SELECT a.organisme_id, a.id, n.jour, n.vues, n.ouvertures
FROM unnest(%s::bigint[], %s::date[], %s::int[], %s::int[]) AS n (action, jour, vues, ouvertures)
JOIN catalogue_action AS a ON a.id = n.action
ORDER BY a.id, n.jour
ON CONFLICT (action_id, jour) DO UPDATE SET
    vues = f.vues + excluded.vues, ouvertures = f.ouvertures + excluded.ouvertures"""


def lue(organisme: Organisme, action: int | None = None) -> dict[str, int]:
    """Return `vues` and `ouvertures` of the last JOURS_MONTRES days, of the organisme or of one action."""
    lignes = _sommes(d_une_action=action is not None).lignes(
        organisme=organisme.pk, action=action, depuis=_il_y_a(JOURS_MONTRES)
    )
    vues, ouvertures = lignes[0] if lignes else (0, 0)
    return {"vues": vues, "ouvertures": ouvertures, "jours": JOURS_MONTRES}


@cache
def _sommes(*, d_une_action: bool) -> Gardee[Frequentation]:
    """Return the query of the numbers of `organisme`, or of its `action`, after the day `depuis`."""
    lignes = Frequentation.objects.pour_organisme(ORGANISME_DONNE).filter(jour__gt=Donnee("depuis"))
    if d_une_action:
        lignes = lignes.filter(action=Donnee("action"))
    sommes = {"dont_vues": Sum("vues"), "dont_ouvertures": Sum("ouvertures")}
    return Gardee(lignes.order_by().values("organisme").annotate(**sommes).values_list(*sommes))


def les_plus_ouvertes(organisme: Organisme, au_plus: int = 5) -> list[dict[str, Any]]:
    """Return the actions that were opened most in the last JOURS_MONTRES days, with their numbers."""
    lignes = Frequentation.objects.pour_organisme(organisme).filter(jour__gt=_il_y_a(JOURS_MONTRES))
    # An action that was deleted is not named any more.
    sommes = (
        lignes.filter(action__organisme=organisme)
        .values("action_id", "action__identifiant", "action__offre__intitule")
        .annotate(dont_vues=Sum("vues"), dont_ouvertures=Sum("ouvertures"))
    )
    return list(sommes.filter(dont_ouvertures__gt=0).order_by("-dont_ouvertures", "action_id")[:au_plus])


def oublier() -> None:
    """Delete the numbers that are older than JOURS_GARDES days."""
    Frequentation.objects.filter(jour__lte=_il_y_a(JOURS_GARDES)).delete()


def _il_y_a(jours: int) -> dt.date:
    return aujourd_hui() - dt.timedelta(days=jours)
