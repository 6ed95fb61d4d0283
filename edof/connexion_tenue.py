"""What must find the same connection to PostgreSQL from one transaction to the next.

PgBouncer in transaction mode gives each transaction the connection that is free (PGBOUNCER, for the web
server). What a page does with a lock that outlives a transaction is one transaction then: nothing of it stays
on a connection that somebody else will use.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import transaction


@contextmanager
def connexion_tenue() -> Iterator[bool]:
    """Keep one connection inside the block; yield whether it is one transaction."""
    if settings.PGBOUNCER:
        with transaction.atomic():
            yield True
    else:
        yield False
