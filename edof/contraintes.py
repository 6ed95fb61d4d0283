"""Which constraint of the database an IntegrityError is about, read from the database's own answer.

The words of the message depend on the version and the language of PostgreSQL: they are never compared.
"""

from django.db import IntegrityError, connection
from psycopg import Error
from psycopg.errors import ForeignKeyViolation


def contrainte(erreur: IntegrityError) -> str:
    """Return the name of the violated constraint or unique index, "" when there is none."""
    return (isinstance(erreur.__cause__, Error) and erreur.__cause__.diag.constraint_name) or ""


def table_visee(erreur: IntegrityError) -> str:
    """Return the table that a violated foreign key refers to, "" for another kind of constraint.

    One query, outside the transaction that has failed.
    """
    return _cle_etrangere(erreur)[1]


def colonne_de_la_cle(erreur: IntegrityError) -> str:
    """Return the column of a violated foreign key, such as `contact_id`, "" for another kind of constraint.

    One query, outside the transaction that has failed.
    """
    return _cle_etrangere(erreur)[0]


def _cle_etrangere(erreur: IntegrityError) -> tuple[str, str]:
    if not isinstance(cause := erreur.__cause__, ForeignKeyViolation):
        return "", ""
    with connection.cursor() as curseur:
        curseur.execute(
            "SELECT a.attname, c.confrelid::regclass::text FROM pg_constraint c JOIN pg_attribute a ON"
            " a.attrelid = c.conrelid AND a.attnum = c.conkey[1] WHERE c.conname = %s AND c.conrelid ="
            " to_regclass(%s)",
            [cause.diag.constraint_name, cause.diag.table_name],
        )
        return curseur.fetchone() or ("", "")
