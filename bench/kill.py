"""The nightly run killed (SIGKILL) at random instants, alone or beside another one, much more often than the
test suite does.

    ./run bench kill            1,000 times (--fois N for another number)
    ./run bench kill --petit    20 times

Two days are due, on which something of everything changes. After each kill the tables are searched for what
must never be there; at the end of each story they must be those of a run that nobody has killed, the line of
the ledger included. The seed is new each time, and printed first (`--graine N` makes the same choices, not
the same instants: the machine decides what a run has done when it is killed).
"""

import argparse
import logging
import random
import secrets
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from django.db import connection

from publication import ensembles
from tests.modeles.tuer import Scene, casses, tuer

# What was found is printed after so many kills.
PAR_ETAPE = 100


def main() -> None:
    """Read the command line, kill the runs, print what was broken."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--fois", type=int, default=1_000)
    lecteur.add_argument("--graine", type=int, default=random.randrange(2**32))
    demande = lecteur.parse_args()
    fois = 20 if demande.petit else demande.fois
    hasard, bilan = random.Random(demande.graine), Counter[str]()
    print(f"Graine {demande.graine}", flush=True)
    ensembles.PAR_ENSEMBLE = 2
    connection.settings_dict["TEST"]["NAME"] = f"edof_kill_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    debut = time.monotonic()
    try:
        scene = Scene(16)
        print(
            f"Un passage que personne ne tue : {scene.duree:.1f} s, {len(scene.reference[0])} parutions",
            flush=True,
        )
        while bilan["arrêts"] < fois:
            bilan += tuer(scene, min(PAR_ETAPE, fois - bilan["arrêts"]), hasard)
            print(
                f"{', '.join(f'{nombre} {nom}' for nom, nombre in bilan.items())} ;"
                f" {time.monotonic() - debut:.0f} s",
                flush=True,
            )
        scene.fermer()
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)
    print(f"{sum(casses(bilan).values())} cassés")
    sys.exit(bool(casses(bilan)))


if __name__ == "__main__":
    main()
