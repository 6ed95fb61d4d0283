"""The change feed of an organisme: everything that changed, in one order, nothing missing, nothing twice.

Triggers insert a `Trace` in the transaction that changes a record (publication/migrations/sql/fil.sql), and a
run inserts those of its sets. A trace has no number then: an order given while writing would not be the order
in which transactions become visible, and a reader could pass a place that a slow transaction fills later.
Whoever reads gives their numbers to the traces that have become visible, after those already given, alone for
the organisme. So what a reader has passed never changes; a slow transaction delays its own changes only, and
the numbers stay when the database is restored on another server.

A place in the feed is a trace and the number of its records already read. It goes out as a text, the cursor,
which holds the instant of the trace: a cursor that another past of the database has given is recognised.
"""

import base64
import binascii
import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.db.models import Max, Min

from edof.conservation import CHANGEMENTS
from edof.horloge import maintenant, maintenant_pour_tous
from organismes.models import Organisme
from publication.models import Trace
from sessions_app.models import Session

GARDEES = CHANGEMENTS.duree
_ECRITURE = re.compile(r"([0-9]{1,18})\.([0-9]{1,18})\.([0-9]{1,9})\.([0-9]{1,18})")
_EPOQUE = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


class CurseurIllisible(ValueError):
    """The error raised for a text that is no cursor of this organisme."""


class CurseurPerime(ValueError):
    """The error raised for a cursor whose place is no longer kept."""


@dataclass(frozen=True)
class Place:
    """A place in the feed of an organisme: after the record `rang` of a trace, or after all of it (0)."""

    organisme: int
    numero: int
    rang: int
    instant: dt.datetime

    @property
    def curseur(self) -> str:
        """Return the place as a text."""
        microsecondes = (self.instant - _EPOQUE) // dt.timedelta(microseconds=1)
        texte = f"{self.organisme}.{self.numero}.{self.rang}.{microsecondes}"
        return base64.urlsafe_b64encode(texte.encode()).decode().rstrip("=")


@dataclass(frozen=True)
class Fait:
    """One thing that happened to one record; `place` is just after it."""

    place: Place
    niveau: str
    nature: str
    cle: int
    version: int | None
    contexte: Any
    jour: dt.date | None
    raison: str


# --- Places ---


def place_de(organisme: Organisme, curseur: str) -> Place:
    """Return the place of a cursor; raise CurseurIllisible or CurseurPerime."""
    try:
        texte = base64.b64decode(curseur.encode() + b"=" * (-len(curseur) % 4), altchars=b"-_", validate=True)
        lu = _ECRITURE.fullmatch(texte.decode())
    except (binascii.Error, UnicodeError) as erreur:
        raise CurseurIllisible(curseur) from erreur
    if lu is None or int(lu[1]) != organisme.pk:
        raise CurseurIllisible(curseur)
    numero, rang, microsecondes = int(lu[2]), int(lu[3]), int(lu[4])
    if numero == 0:
        # Before the first trace that there was.
        if _premier(organisme) > 1:
            raise CurseurPerime(curseur)
        return debut(organisme)
    traces = Trace.objects.pour_organisme(organisme).filter(numero=numero)
    trace = traces.values("instant", "fiches__len").first()
    if trace is None or (trace["instant"] - _EPOQUE) // dt.timedelta(microseconds=1) != microsecondes:
        raise CurseurPerime(curseur)
    if rang >= trace["fiches__len"]:
        raise CurseurIllisible(curseur)
    return Place(organisme.pk, numero, rang, trace["instant"])


def debut(organisme: Organisme) -> Place:
    """Return the place before the oldest trace that is kept."""
    return Place(organisme.pk, max(_premier(organisme) - 1, 0), 0, _EPOQUE)


def fin(organisme: Organisme) -> Place:
    """Return the place after all that is visible now; number what was not."""
    _numeroter(organisme.pk)
    derniere = Trace.objects.pour_organisme(organisme).filter(numero__isnull=False).order_by("-numero")
    lue = derniere.values("numero", "instant").first()
    return Place(organisme.pk, lue["numero"], 0, lue["instant"]) if lue else debut(organisme)


def avant_le_passage(organisme: Organisme, jour: dt.date) -> Place:
    """Return the place just before what the run of `jour` did; the end of the feed when it did nothing."""
    _numeroter(organisme.pk)
    traces = Trace.objects.pour_organisme(organisme)
    premier = traces.filter(jour=jour).aggregate(premier=Min("numero"))["premier"]
    if premier is None:
        return fin(organisme)
    lue = traces.filter(numero=premier - 1).values("numero", "instant").first()
    return Place(organisme.pk, lue["numero"], 0, lue["instant"]) if lue else debut(organisme)


def _premier(organisme: Organisme) -> int:
    numeros = Trace.objects.pour_organisme(organisme).filter(numero__isnull=False)
    return numeros.aggregate(premier=Min("numero"))["premier"] or 1


def dernier_numero(organisme: Organisme) -> int:
    """Return the number of the last trace, 0 without any: it differs as soon as something has changed."""
    _numeroter(organisme.pk)
    return Trace.objects.pour_organisme(organisme).aggregate(dernier=Max("numero"))["dernier"] or 0


# --- Reading ---

# The numbers follow the order in which the statements ended: two changes of one record never exchange theirs.
_NUMEROTER = """
UPDATE publication_trace AS t SET numero = n.base + n.rang
FROM (
    SELECT id, row_number() OVER (ORDER BY id) AS rang,
        (SELECT coalesce(max(numero), 0) FROM publication_trace WHERE organisme_id = %s) AS base
    FROM publication_trace WHERE organisme_id = %s AND numero IS NULL
) AS n WHERE t.id = n.id"""

# Of each trace, no more records are unfolded than are asked for, and its arrays are read once (OFFSET 0 keeps
# the subquery apart): one statement may have changed 250,000.
_FAITS = """
SELECT t.numero, d.lus + f.rang, d.combien, t.instant, t.niveau, t.nature, f.cle, f.version, t.contexte,
    t.jour, t.raison
FROM publication_trace AS t
CROSS JOIN LATERAL (
    SELECT p.lus, cardinality(t.fiches) AS combien, t.fiches[p.lus + 1 : p.lus + %(au_plus)s] AS cles,
        t.versions[p.lus + 1 : p.lus + %(au_plus)s] AS versions
    FROM (SELECT CASE WHEN t.numero = %(numero)s THEN %(rang)s ELSE 0 END AS lus) AS p OFFSET 0
) AS d
CROSS JOIN LATERAL unnest(d.cles, d.versions) WITH ORDINALITY AS f (cle, version, rang)
WHERE t.organisme_id = %(organisme)s AND t.numero >= %(a_partir)s
ORDER BY t.numero, f.rang LIMIT %(au_plus)s"""


def lire(organisme: Organisme, place: Place, au_plus: int) -> list[Fait]:
    """Return what happened after this place, `au_plus` facts at most, in order."""
    _numeroter(organisme.pk)
    valeurs = {
        "organisme": organisme.pk, "numero": place.numero, "rang": place.rang, "au_plus": au_plus,
        "a_partir": place.numero if place.rang else place.numero + 1,
    }  # fmt: skip
    with connection.cursor() as curseur:
        curseur.execute(_FAITS, valeurs)
        return [
            Fait(Place(organisme.pk, numero, 0 if rang == combien else rang, instant), *autres)
            for numero, rang, combien, instant, *autres in curseur.fetchall()
        ]


def _numeroter(organisme: int) -> None:
    """Give their numbers to the traces that have become visible, alone for the organisme."""
    if not Trace.objects.filter(organisme=organisme, numero__isnull=True).exists():
        return
    with transaction.atomic(), connection.cursor() as curseur:
        # A statement of its own: the next one then sees the numbers that others have just given.
        curseur.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"fil/{organisme}"])
        curseur.execute(_NUMEROTER, [organisme, organisme])


# --- Writing, beside the triggers and the sets of a run ---

_RETOUR = """
INSERT INTO publication_trace (organisme_id, instant, niveau, nature, jour, raison, fiches)
SELECT organisme_id, clock_timestamp(), 'session', fait, %s, '', array_agg(session_id ORDER BY session_id)
FROM (
    SELECT organisme_id, session_id, CASE WHEN NOT bool_or(du <= %s) THEN 'retiree'
        WHEN bool_or(du > %s) THEN 'modifiee' ELSE 'parue' END AS fait
    FROM publication_parution WHERE (du > %s OR au > %s)
        AND organisme_id NOT IN (SELECT id FROM organismes_organisme WHERE bac_a_sable)
    GROUP BY organisme_id, session_id
) AS faits GROUP BY organisme_id, fait"""


def noter_un_retour(jour: dt.date) -> None:
    """Trace what `revenir` is about to undo: the parutions after `jour`, and those that it gives back."""
    with connection.cursor() as curseur:
        curseur.execute(_RETOUR, [jour] * 5)


def noter_une_erreur(session: Session, jour: dt.date) -> None:
    """Trace a session that the run of `jour` holds back because it failed on it."""
    Trace.objects.create(
        organisme_id=session.organisme_id, instant=maintenant_pour_tous(), niveau="session",
        nature=Trace.Nature.RETENUE, jour=jour, raison="erreur", fiches=[session.pk],
    )  # fmt: skip


# --- Forgetting ---

# The last trace that is old enough stays: it is the place of those who have read everything.
_OUBLIER = """
DELETE FROM publication_trace AS t
USING (
    SELECT o.organisme_id, coalesce(
        (SELECT min(numero) - 1 FROM publication_trace AS j
            WHERE j.organisme_id = o.organisme_id AND j.instant >= %s),
        (SELECT max(numero) FROM publication_trace AS j WHERE j.organisme_id = o.organisme_id)) AS bord
    FROM (SELECT DISTINCT organisme_id FROM publication_trace WHERE instant < %s) AS o
) AS b
WHERE t.organisme_id = b.organisme_id AND t.numero < b.bord"""


def oublier() -> int:
    """Delete what is older than 90 days, whoever has read it; return how many traces there were."""
    avant = maintenant() - GARDEES
    # A trace without a number cannot be told from those that a reader has not seen yet.
    jamais_lues = Trace.objects.filter(numero__isnull=True, instant__lt=avant).order_by()
    for organisme in jamais_lues.values_list("organisme", flat=True).distinct():
        _numeroter(organisme)
    with connection.cursor() as curseur:
        curseur.execute(_OUBLIER, [avant, avant])
        return int(curseur.rowcount)
