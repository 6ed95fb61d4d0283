"""The views against the independent model of tests/modeles/modele.py, much longer than the test suite does.

    ./run bench vie            50,000 steps
    ./run bench vie --petit    500 steps

Random people do random things through the real views, days and nights pass; after each step the statuses, the
openings and what the public sees are compared. The first difference stops it, with the shortest story that
hypothesis finds to it.
"""

import argparse
import logging
import os
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
# The kept numbers are checked after every step, and not after one in five.
os.environ.setdefault("EDOF_TESTS_ENTIERS", "1")

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from django.db import connection
from django.test.utils import setup_test_environment

from tests.modeles.vie import vivre


def main() -> None:
    """Read the command line, do random steps until there are enough, print how many and how long."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    voulus = 500 if lecteur.parse_args().petit else 50_000
    setup_test_environment()
    connection.settings_dict["TEST"]["NAME"] = f"edof_vie_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    try:
        debut = time.monotonic()
        faits = vivre(voulus, graine=3)
        print(f"{sum(faits.values())} pas, {time.monotonic() - debut:.0f} s, aucune différence", flush=True)
        for (operation, issue), fois in sorted(faits.items()):
            print(f"{operation:24} {issue:12} {fois}")
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)


if __name__ == "__main__":
    main()
