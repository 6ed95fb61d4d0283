#!/usr/bin/env python
"""Django's command line; `./run manage ...` starts the database first."""

import os
import sys


def main() -> None:
    """Run one management command; say what the operator must repair in a sentence, without a traceback."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "edof.settings")
    from django.core.exceptions import ImproperlyConfigured
    from django.core.management import execute_from_command_line
    from django.db import OperationalError, ProgrammingError, connection
    from psycopg.errors import UndefinedColumn, UndefinedTable

    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as erreur:
        sys.exit(str(erreur))
    except ProgrammingError as erreur:
        if not isinstance(erreur.__cause__, (UndefinedTable, UndefinedColumn)):
            raise
        sys.exit("La base n'est pas prête pour cette version : lancez d'abord manage.py migrate.")
    except OperationalError as erreur:
        if connection.connection is not None:
            # It answered: this is about a statement, not about where the database is.
            raise
        sys.exit(
            "La base de données ne répond pas. Vérifiez que PostgreSQL est démarré, que la base et le compte"
            f" existent, et POSTGRES_HOST (ou DATABASE_URL). Il est dit : {str(erreur).strip()}"
        )


if __name__ == "__main__":
    main()
