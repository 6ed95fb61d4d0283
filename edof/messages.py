"""The messages shown to a user, kept as long as the session so that they can be read again."""

from typing import Any

from django.contrib.messages.storage.base import Message
from django.contrib.messages.storage.session import SessionStorage
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from edof.horloge import maintenant

CLE = "messages_dits"
# Maximum number of messages kept, the latest ones: the session is read at each request.
AU_PLUS = 30


class Stockage(SessionStorage):
    """Django's message storage, which also records each message in the list kept in the session."""

    def add(self, level: int, message: str, extra_tags: str = "") -> None:
        """Add the message to the next page, and record it."""
        avant = len(self._queued_messages)
        super().add(level, message, extra_tags)
        if len(self._queued_messages) > avant:
            noter(self.request, int(level), str(message), extra_tags or "")


def noter(request: HttpRequest, niveau: int, texte: str, gestes: str = "") -> None:
    """Append one message to the list kept in the session, which holds at most AU_PLUS messages."""
    lignes = request.session.get(CLE, [])
    request.session[CLE] = [*lignes, [maintenant().isoformat(), niveau, texte, gestes]][-AU_PLUS:]


def lire(request: HttpRequest) -> list[dict[str, Any]]:
    """Return the messages of this session, the latest first.

    In each dict, `a` is the instant at which it was shown, and `message` the message.
    """
    lignes = request.session.get(CLE, [])
    return [
        {"a": parse_datetime(a), "message": Message(niveau, texte, gestes)}
        for a, niveau, texte, gestes in reversed(lignes)
    ]
