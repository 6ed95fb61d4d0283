"""Mutations of the tables of the tests, read and planned: bytes flipped or cut, cells that nobody expected.

    ./run bench echanges_tableurs                  100,000 of them (about an hour)
    ./run bench echanges_tableurs --petit          200
    ./run bench echanges_tableurs --mutations N    N of them

They are of a fresh seed, printed, unless `--graine` gives one. Each is refused in a French sentence or gives
lines: anything else stops the run, with the seed that makes the file again.
"""

import argparse
import logging
import random
import resource
import secrets
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

from django.core.management import call_command

from bench._commun import base_jetable, dire
from tests.echanges.monde import LE_JOUR, MondeDesFichiers
from tests.echanges.test_mutations import NOMS, eprouver


def main() -> None:
    """Read the command line, plan the mutations, print what became of them."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--mutations", type=int, default=100_000)
    lecteur.add_argument("--graine", type=int, default=secrets.randbelow(10**9))
    options = lecteur.parse_args()
    nombre = 200 if options.petit else options.mutations
    settings.EDOF_AUJOURDHUI = LE_JOUR
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        eprouver_tout(options.graine, nombre)


def eprouver_tout(graine: int, nombre: int) -> None:
    """Plan so many mutations; exit at the first that is neither refused in a sentence nor read."""
    dire(f"Graine {graine}")
    monde, debut, lues, avant = MondeDesFichiers(), time.process_time(), 0, 0
    for rang in range(nombre):
        hasard = random.Random(graine + rang)
        try:
            lues += eprouver(hasard.choice(NOMS), hasard, monde)
        except Exception:
            dire(f"Graine {graine + rang} :")
            raise
        if rang == min(200, nombre - 1):
            avant = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    plus = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - avant) // 1024
    secondes = time.process_time() - debut
    dire(
        f"{nombre} tableaux abîmés : {lues} donnent des lignes, les autres un refus ; {secondes:.0f} s,"
        f" {plus} Mo de plus qu'après les 200 premiers"
    )


if __name__ == "__main__":
    main()
