"""iCalendar (RFC 5545), for events of whole days: how they are written, and how a calendar is answered.

It knows nothing of sessions. The dates of an event are days, without time zone. The end that is written is
the day after the last one, since iCalendar excludes it.
"""

import datetime as dt
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse

from edof.fichiers import repondre_octets

OCTETS_PAR_LIGNE = 75
# An event longer than this many days does not make the person busy in their calendar.
JOURS_OCCUPES = 5
TYPE_DE_CONTENU = "text/calendar; charset=utf-8"
# SEQUENCE counts the seconds since then: it fits in 31 bits until 2088.
_ORIGINE = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
# A calendar has one component at least, events or none (RFC 5545, section 3.6).
_FUSEAU = """\
BEGIN:VTIMEZONE
TZID:Europe/Paris
BEGIN:STANDARD
DTSTART:19961027T030000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
TZNAME:CET
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19970330T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
TZNAME:CEST
END:DAYLIGHT
END:VTIMEZONE""".splitlines()
# The signs that a text must mark; the other control characters are dropped.
_MARQUES = {"\\": "\\\\", ";": "\\;", ",": "\\,", "\n": "\\n"}
_A_MARQUER = re.compile(r"[\x00-\x1f\x7f\\;,]")


@dataclass(frozen=True)
class Evenement:
    """An event from `debut` to `fin`, both included.

    `uid` never changes; `instant` is when this version was made. SEQUENCE follows it: of two versions, a
    calendar keeps the one whose number is greater.
    """

    uid: str
    instant: dt.datetime
    debut: dt.date
    fin: dt.date
    titre: str
    statut: str
    categorie: str = ""
    lieu: str = ""
    description: str = ""
    url: str = ""


def ecrire(nom: str, description: str, evenements: Iterable[Evenement]) -> str:
    """Return the calendar of this name with its events, in lines of at most 75 octets."""
    lignes = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Catalogue OF//Sessions//FR",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_texte(nom)}",
        f"X-WR-CALDESC:{_texte(description)}",
        "REFRESH-INTERVAL;VALUE=DURATION:P1D",
        "X-PUBLISHED-TTL:P1D",
        *_FUSEAU,
    ]
    for evenement in evenements:
        lignes += _evenement(evenement)
    return "".join(f"{_plier(ligne)}\r\n" for ligne in (*lignes, "END:VCALENDAR"))


def _evenement(e: Evenement) -> Iterator[str]:
    instant = f"{e.instant.astimezone(dt.UTC):%Y%m%dT%H%M%SZ}"
    yield from ("BEGIN:VEVENT", f"UID:{_texte(e.uid)}", f"DTSTAMP:{instant}", f"LAST-MODIFIED:{instant}")
    yield f"SEQUENCE:{int((e.instant - _ORIGINE).total_seconds())}"
    yield f"DTSTART;VALUE=DATE:{e.debut:%Y%m%d}"
    yield f"DTEND;VALUE=DATE:{e.fin + dt.timedelta(1):%Y%m%d}"
    yield f"SUMMARY:{_texte(e.titre)}"
    yield f"STATUS:{e.statut}"
    for nom, valeur in (("CATEGORIES", e.categorie), ("LOCATION", e.lieu), ("DESCRIPTION", e.description)):
        if valeur:
            yield f"{nom}:{_texte(valeur)}"
    if e.url:
        yield f"URL:{e.url}"
    if (e.fin - e.debut).days + 1 > JOURS_OCCUPES:
        yield "TRANSP:TRANSPARENT"
    yield "END:VEVENT"


def _texte(texte: str) -> str:
    return _A_MARQUER.sub(lambda signe: _MARQUES.get(signe[0], ""), texte)


def _plier(ligne: str) -> str:
    """Return the line cut into pieces of at most 75 octets, never within a character."""
    if ligne.isascii() and len(ligne) <= OCTETS_PAR_LIGNE:
        return ligne
    octets = ligne.encode()
    morceaux, debut, place = [], 0, OCTETS_PAR_LIGNE
    while debut < len(octets):
        fin = min(debut + place, len(octets))
        # The octets of a character that follow its first one begin with the bits 10.
        while fin < len(octets) and octets[fin] & 0xC0 == 0x80:
            fin -= 1
        morceaux.append(octets[debut:fin].decode())
        # The space that begins the following lines takes one octet.
        debut, place = fin, OCTETS_PAR_LIGNE - 1
    return "\r\n ".join(morceaux)


def repondre(request: HttpRequest, calendrier: str, *, cache: str) -> HttpResponse:
    """Return the calendar, or a 304 when the reader already has it. `cache` is its Cache-Control."""
    reponse = repondre_octets(request, calendrier.encode(), genre=TYPE_DE_CONTENU, cache=cache)
    reponse.headers["Content-Disposition"] = 'inline; filename="sessions.ics"'
    reponse.headers["X-Robots-Tag"] = "noindex"
    return reponse
