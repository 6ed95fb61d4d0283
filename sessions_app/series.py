"""A series of sessions: the dates that a rule gives, and what the exclusions do to each (D-47).

Pure functions: nothing is read, nothing is written. The sessions that are created from a series are
independent.
"""

import datetime as dt
from dataclasses import dataclass, field

from dateutil import rrule
from django.db.models import TextChoices

from edof.templatetags.affichage import date_longue

# The longest series, and the furthest date that a rule is followed to.
SESSIONS_AU_PLUS, ANNEES_AU_PLUS = 200, 4
UN_JOUR = dt.timedelta(days=1)
JOURS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")


class AuDebut(TextChoices):
    """What happens to a date of the rule that falls on an excluded day."""

    PASSER = "passer", "Passer la date"
    SUIVANT = "suivant", "Jour ouvré suivant"
    PRECEDENT = "precedent", "Jour ouvré précédent"


class AuDedans(TextChoices):
    """What happens to a session when an excluded day falls inside it."""

    ALLONGER = "allonger", "Allonger"
    GARDER = "garder", "Garder tel quel"
    PASSER = "passer", "Passer la session"


class Unite(TextChoices):
    """How the length of a session is counted."""

    OUVRES = "ouvres", "jours ouvrés"
    CALENDAIRES = "calendaires", "jours calendaires"


@dataclass(frozen=True)
class Exclusion:
    """Days on which no session begins, or that do not count, as {day: reason}."""

    jours: dict[dt.date, str] = field(repr=False)
    au_debut: str = AuDebut.PASSER
    au_dedans: str = AuDedans.GARDER


@dataclass
class Occurrence:
    """One date of the rule: the session that it gives, or the reason why it gives none."""

    prevue: dt.date
    debut: dt.date
    fin: dt.date
    passee: str = ""
    # The reasons of the excluded days that lengthened it or moved it.
    notes: list[str] = field(default_factory=list)


def par_semaines(
    du: dt.date, jours: list[int], toutes_les: int, *, jusqu_au: dt.date | None, nombre: int | None
) -> list[dt.date]:
    """Return the ticked days (0 for Monday) of one week out of `toutes_les`."""
    return _dates(rrule.WEEKLY, du, jusqu_au, nombre, interval=toutes_les, byweekday=jours)


def par_mois(
    du: dt.date,
    tous_les: int,
    *,
    rang: int | None = None,
    jour: int | None = None,
    quantieme: int | None = None,
    jusqu_au: dt.date | None,
    nombre: int | None,
) -> list[dt.date]:
    """Return one date a month: the `rang`-th `jour` of the week (-1 for the last), or the day `quantieme`.

    In a month that has no such day, the last day of the month is taken.
    """
    if quantieme is not None:
        return _dates(
            rrule.MONTHLY, du, jusqu_au, nombre, interval=tous_les, bymonthday=(quantieme, -1), bysetpos=1
        )
    assert rang is not None and jour is not None
    return _dates(rrule.MONTHLY, du, jusqu_au, nombre, interval=tous_les, byweekday=rrule.weekday(jour, rang))


def _dates(
    frequence: int, du: dt.date, jusqu_au: dt.date | None, nombre: int | None, **regle: object
) -> list[dt.date]:
    """Return the dates of the rule, SESSIONS_AU_PLUS + 1 at most, within ANNEES_AU_PLUS years."""
    limite = dt.date(du.year + ANNEES_AU_PLUS, 12, 31)
    instants = rrule.rrule(
        frequence,  # type: ignore[arg-type]
        dtstart=dt.datetime.combine(du, dt.time()),
        until=dt.datetime.combine(min(jusqu_au or limite, limite), dt.time()),
        **regle,  # type: ignore[arg-type]
    )
    au_plus = min(nombre or SESSIONS_AU_PLUS + 1, SESSIONS_AU_PLUS + 1)
    return [instant.date() for _, instant in zip(range(au_plus), instants, strict=False)]


def derouler(dates: list[dt.date], duree: int, unite: str, exclusions: list[Exclusion]) -> list[Occurrence]:
    """Return what each date of the rule becomes, in order."""
    return [_occurrence(jour, duree, unite, exclusions) for jour in dates]


def _occurrence(prevue: dt.date, duree: int, unite: str, exclusions: list[Exclusion]) -> Occurrence:
    debut, raisons = _debut(prevue, exclusions)
    if debut is None:
        return Occurrence(prevue, prevue, prevue, ", ".join(raisons))
    notes = [f"avancée ou reculée : {raison}" for raison in raisons]
    fin, restent, dedans = debut, duree, []
    while True:
        touchent = [(e, e.jours[fin]) for e in exclusions if fin in e.jours]
        if passees := [raison for e, raison in touchent if e.au_dedans == AuDedans.PASSER]:
            return Occurrence(prevue, debut, fin, ", ".join(passees))
        allonge = any(e.au_dedans == AuDedans.ALLONGER for e, _ in touchent)
        compte = not allonge and (unite == Unite.CALENDAIRES or fin.weekday() < 5)
        if touchent and (unite == Unite.CALENDAIRES or fin.weekday() < 5):
            dedans += [f"{JOURS[fin.weekday()]} {fin.day} {_mois(fin)} {raison}" for e, raison in touchent
                       if e.au_dedans == AuDedans.ALLONGER]  # fmt: skip
        restent -= compte
        if not restent or fin - debut > dt.timedelta(days=3660):
            break
        fin += UN_JOUR
    return Occurrence(prevue, debut, fin, notes=[*notes, *dict.fromkeys(dedans)])


def _debut(prevue: dt.date, exclusions: list[Exclusion]) -> tuple[dt.date | None, list[str]]:
    """Return the first day of the session and why it is not the one of the rule; None when it is skipped."""
    touchent = [e for e in exclusions if prevue in e.jours]
    raisons = [e.jours[prevue] for e in touchent]
    if not touchent:
        return prevue, []
    if any(e.au_debut == AuDebut.PASSER for e in touchent):
        return None, raisons
    pas = UN_JOUR if touchent[0].au_debut == AuDebut.SUIVANT else -UN_JOUR
    jour = prevue
    for _ in range(366):
        jour += pas
        if jour.weekday() < 5 and not any(jour in e.jours for e in exclusions):
            return jour, raisons
    return None, raisons


def _mois(jour: dt.date) -> str:
    return date_longue(jour).split(" ")[1]


# --- Identifiers ---


def identifiant(modele: str, debut: dt.date, rang: int, *, action: str, ville: str) -> str:
    """Return the identifier that the pattern gives to the session of this rank (from 1).

    The tokens are {AAAA}, {AA}, {MM}, {JJ}, {SEM}, {N}, {N:02}, {ACTION} and {VILLE}.
    """
    jetons = {
        "{AAAA}": f"{debut.year:04}",
        "{AA}": f"{debut.year % 100:02}",
        "{MM}": f"{debut.month:02}",
        "{JJ}": f"{debut.day:02}",
        "{SEM}": f"{debut.isocalendar().week:02}",
        "{N}": str(rang),
        "{N:02}": f"{rang:02}",
        "{ACTION}": action,
        "{VILLE}": ville,
    }
    for jeton, valeur in jetons.items():
        modele = modele.replace(jeton, valeur)
    return modele
