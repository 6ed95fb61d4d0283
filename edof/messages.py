"""The messages shown to a person, kept for the time of the session: one that has left the screen can be read
again.
"""

from typing import Any

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from edof.horloge import maintenant

CLE = "messages_dits"
# The latest ones: a session is read at each request.
AU_PLUS = 30


class Stockage(SessionStorage):
    """Django's messages, each of them also noted in the journal."""

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        """Show it on the next page, and note it."""
        avant = len(self._queued_messages)
        super().add(level, message, extra_tags)
        if len(self._queued_messages) > avant:
            noter(self.request, int(level), str(message), extra_tags or "")


def noter(request: HttpRequest, niveau: int, texte: str, gestes: str = "") -> None:
    """Write one line of the journal."""
    lignes = request.session.get(CLE, [])
    request.session[CLE] = [*lignes, [maintenant().isoformat(), niveau, texte, gestes]][-AU_PLUS:]


def lire(request: HttpRequest) -> list[dict[str, Any]]:
    """The messages of this session, the latest first: when each was said, and the message itself."""
    lignes = request.session.get(CLE, [])
    return [
        {"a": parse_datetime(a), "message": Message(niveau, texte, gestes)}
        for a, niveau, texte, gestes in reversed(lignes)
    ]
