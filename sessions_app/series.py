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
    # The row of « Sauf » that it comes from.
    nom: str = ""


@dataclass
class Occurrence:
    """One date of the rule: the session that it gives, or the reason why it gives none."""

    prevue: dt.date
    debut: dt.date
    fin: dt.date
    passee: str = ""
    # The reasons of the excluded days that lengthened it or moved it.
    notes: list[str] = field(default_factory=list)
    # The days that count, and how many excluded ones lengthened it.
    jours: list[dt.date] = field(default_factory=list)
    allongee: int = 0


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


class Report(TextChoices):
    """Where a session of last year goes: it keeps its day of the week."""

    SEMAINES = "semaines", "52 semaines plus tard"
    RANG = "rang", "Au même rang dans le mois"


def reporter(debut: dt.date, report: str) -> dt.date:
    """Return the date, a year later, that a session beginning on `debut` is shifted to.

    By weeks, Monday 4 January 2027 gives Monday 3 January 2028. By rank, the first Monday of a month gives
    the first Monday of the same month; the fifth gives the last when there is no fifth.
    """
    if report == Report.SEMAINES:
        return debut + dt.timedelta(weeks=52)
    rang = (debut.day - 1) // 7
    premier = dt.date(debut.year + 1, debut.month, 1)
    premier += dt.timedelta(days=(debut.weekday() - premier.weekday()) % 7)
    jour = premier + dt.timedelta(weeks=rang)
    return jour if jour.month == debut.month else jour - dt.timedelta(weeks=1)


def derouler(dates: list[dt.date], duree: int, unite: str, exclusions: list[Exclusion]) -> list[Occurrence]:
    """Return what each date of the rule becomes, in order."""
    return [occurrence(jour, duree, unite, exclusions) for jour in dates]


def longueur(debut: dt.date, fin: dt.date, unite: str, exclusions: list[Exclusion]) -> tuple[int, str]:
    """Return the length of a session that exists, counted as `occurrence` counts, and its unit.

    A session that begins or ends on a weekend is counted in calendar days.
    """
    if debut.weekday() > 4 or fin.weekday() > 4:
        unite = Unite.CALENDAIRES
    jours = (debut + n * UN_JOUR for n in range((fin - debut).days + 1))
    return max(1, sum(_compte(jour, unite, exclusions) for jour in jours)), unite


def _compte(jour: dt.date, unite: str, exclusions: list[Exclusion]) -> bool:
    """Return whether a day inside a session counts in its length."""
    exclu = any(jour in e.jours and e.au_dedans == AuDedans.ALLONGER for e in exclusions)
    return not exclu and _est_du(jour, unite)


def _est_du(jour: dt.date, unite: str) -> bool:
    return unite == Unite.CALENDAIRES or jour.weekday() < 5


def occurrence(prevue: dt.date, duree: int, unite: str, exclusions: list[Exclusion]) -> Occurrence:
    """Return what one date becomes: the session that it gives, or why it gives none."""
    debut, raisons = _debut(prevue, exclusions)
    if debut is None:
        return Occurrence(prevue, prevue, prevue, ", ".join(raisons))
    notes = [f"avancée ou reculée : {raison}" for raison in raisons]
    jours: list[dt.date] = []
    dedans: list[str] = []
    allongee, fin = 0, debut
    while True:
        touchent = [(e, e.jours[fin]) for e in exclusions if fin in e.jours]
        if passees := [raison for e, raison in touchent if e.au_dedans == AuDedans.PASSER]:
            return Occurrence(prevue, debut, fin, ", ".join(passees))
        if _compte(fin, unite, exclusions):
            jours.append(fin)
        elif _est_du(fin, unite):
            allongee += 1
            dedans += [f"{JOURS[fin.weekday()]} {_sans_annee(fin)} {raison}" for e, raison in touchent
                       if e.au_dedans == AuDedans.ALLONGER]  # fmt: skip
        if len(jours) == duree or fin - debut > dt.timedelta(days=3660):
            break
        fin += UN_JOUR
    notes += dict.fromkeys(dedans)
    return Occurrence(prevue, debut, fin, notes=notes, jours=jours, allongee=allongee)


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


def _sans_annee(jour: dt.date) -> str:
    return date_longue(jour).rsplit(" ", 1)[0]


# --- Identifiers ---


def identifiant(modele: str, debut: dt.date, rang: int, *, action: str, ville: str, origine: str = "") -> str:
    """Return the identifier that the pattern gives to the session of this rank (from 1).

    The tokens are {AAAA}, {AA}, {MM}, {JJ}, {SEM}, {N}, {N:02}, {ACTION}, {VILLE} and, for a session shifted
    from another, {ORIGINE}.
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
        "{ORIGINE}": origine,
    }
    for jeton, valeur in jetons.items():
        modele = modele.replace(jeton, valeur)
    return modele


def renommer(ancien: str, avant: int, apres: int) -> str:
    """Return the identifier of a session shifted to the year `apres`: « hiver-2026 » gives « hiver-2027 ».

    Without its year in it, the new one is added at its end, within the length of an identifier.
    """
    if str(avant) in ancien:
        return ancien.replace(str(avant), str(apres))
    return f"{ancien[:25]}-{apres}"
