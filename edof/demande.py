"""The number of a request: from the front or made here, in its answer, in every line that it logs.

A message for the worker carries it; a task that nobody asked for has its own number. PostgreSQL knows it as
the name of the connection (`application_name`), and says the time in exchange, once in a while.
"""

import os
import re
import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any

import psycopg
from django.db import DEFAULT_DB_ALIAS

from edof.horloge import age_du_releve, chronometre, noter_l_instant_de_la_base

# What a front may give: nothing that could break a line of the log.
_SENSE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{7,63}")

# After how many seconds a process asks the database for the time again, with the name of a request.
RELEVE_APRES = 10
# The statements that the name of the request may accompany.
_ACCOMPAGNEES = ("SELECT", "WITH", "INSERT", "UPDATE", "DELETE")

_NOMMER_ET_DIRE_L_HEURE = "SELECT set_config('application_name', %s, false), clock_timestamp()"

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


def nom_de_connexion() -> str:
    """Return what a connection to PostgreSQL is called: its process, then the request in progress.

    PostgreSQL cuts a name after 63 bytes.
    """
    return f"edof-{os.environ.get('EDOF_SERVICE', 'tache')}-{os.getpid()} {numero()}".strip()[:63]


def nommer_la_connexion(execute: Callable[..., Any], sql: Any, params: Any, many: bool, context: Any) -> Any:
    """Execute a statement; before the first one of a request, tell PostgreSQL its number (wrapper of Django).

    Both leave together, and come back together: no round trip more. PostgreSQL itself says what name it knows
    (`parameter_status`, which costs nothing), also after a transaction that was undone.
    """
    base = context["connection"]
    if not numero() or base.connection is None:
        return execute(sql, params, many, context)
    connexion: psycopg.Connection[Any] = base.connection
    connu, nom = connexion.pgconn.parameter_status(b"application_name"), nom_de_connexion()
    if connu is None or connu == nom.encode():
        return execute(sql, params, many, context)
    # Nothing may accompany several statements in one text, which what signs the history makes of one, nor a
    # cursor on the server, which asks two things, nor what refuses a transaction (VACUUM): the name goes
    # first, alone.
    texte, signee = str(sql).lstrip(), base.execute_wrappers[-1] is not nommer_la_connexion
    accompagnee = (
        texte[:6].upper().startswith(_ACCOMPAGNEES)
        and ";" not in texte
        and not (signee or isinstance(context["cursor"].cursor, psycopg.ServerCursor))
    )
    ensemble: AbstractContextManager[Any] = connexion.pipeline() if accompagnee else nullcontext()
    # A replica has a clock of its own.
    heure, demande_a = base.alias == DEFAULT_DB_ALIAS and age_du_releve() > RELEVE_APRES, chronometre()
    with base.wrap_database_errors:
        with ensemble:
            if heure:
                lu = connexion.execute(_NOMMER_ET_DIRE_L_HEURE, [nom])
            else:
                connexion.execute(f"SET application_name = '{nom}'")
            fait = execute(sql, params, many, context)
        if heure and (ligne := lu.fetchone()):
            noter_l_instant_de_la_base(ligne[1], demande_a)
    return fait


def suivre_la_connexion(connection: Any, **_: Any) -> None:
    """Have this connection, just opened, follow the requests (signal of Django)."""
    if nommer_la_connexion not in connection.execute_wrappers:
        connection.execute_wrappers.append(nommer_la_connexion)
