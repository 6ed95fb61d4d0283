"""The number of a request: from the front or made here, in its answer, in every line that it logs.

A message for the worker carries it; a task that nobody asked for has its own number.
"""

import re
import secrets
from contextvars import ContextVar
from typing import Any

# What a front may give: nothing that could break a line of the log.
_SENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

_numero: ContextVar[str] = ContextVar("numero_de_demande", default="")


def numero() -> str:
    """Return the number of the present request or task, an empty text outside of any."""
    return _numero.get()


def commencer(donne: str = "") -> str:
    """Begin a request, under the number `donne` when it can be used, else under a new one; return it."""
    choisi = donne if _SENSE.fullmatch(donne) else secrets.token_hex(16)
    _numero.set(choisi)
    return choisi


def avec_le_message(headers: dict[str, Any] | None = None, **_: Any) -> None:
    """Put the number in the headers of a message that leaves for the worker (signal of Celery)."""
    if headers is not None and numero():
        headers["demande"] = numero()


def de_la_tache(task: Any = None, task_id: str = "", **_: Any) -> None:
    """Begin a task, under the number of the request that asked for it (signal of Celery)."""
    entetes = getattr(task.request, "headers", None) or {}
    commencer(entetes.get("demande") or task.request.get("demande") or task_id)
