"""The views against the independent model of tests/modeles/modele.py, much longer than the test suite does.

    ./run bench vie            50,000 steps (--pas N for another number)
    ./run bench vie --petit    500 steps

Random people do random things through the real views, days and nights pass; after each step the statuses, the
openings and what the public sees are compared. The first difference stops it, with the shortest story that
hypothesis finds to it. The seed is new each time, and printed first; `--graine N` walks the same steps again.
"""

import argparse
import logging
import os
import random
import secrets
import sys
import time
from collections import Counter
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

# A walk of so many steps says what it has found before the next one, of the next seed, begins.
PAR_MARCHE = 5_000


def main() -> None:
    """Read the command line, do random steps until there are enough, print how many and how long."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--pas", type=int, default=50_000)
    lecteur.add_argument("--graine", type=int, default=random.randrange(2**32))
    demande = lecteur.parse_args()
    voulus = 500 if demande.petit else demande.pas
    print(f"Graine {demande.graine}", flush=True)
    setup_test_environment()
    connection.settings_dict["TEST"]["NAME"] = f"edof_vie_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    try:
        debut, faits = time.monotonic(), Counter[tuple[str, str]]()
        for rang, depuis in enumerate(range(0, voulus, PAR_MARCHE)):
            faits += vivre(min(PAR_MARCHE, voulus - depuis), graine=demande.graine + rang)
            print(f"{faits.total()} pas, {time.monotonic() - debut:.0f} s, aucune différence", flush=True)
        for (operation, issue), fois in sorted(faits.items()):
            print(f"{operation:24} {issue:12} {fois}")
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)


if __name__ == "__main__":
    main()
