"""Years of nights against the log of facts of tests/modeles/faits.py, much longer than the test suite does.

    ./run bench nuits            20 years (--annees N for another number)
    ./run bench nuits --petit    half a year

Random things happen to a small catalogue by day and by night; runs are missed, doubled, late, and once in
each year nothing runs for some weeks. At the end of a year every parution, every reason for holding back and
every line of the ledger is compared. The seed of the first year is new each time, and printed first;
`--graine N` lives the same years again.
"""

import argparse
import datetime as dt
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

from django.db import connection, transaction
from django.test.utils import setup_test_environment

from publication import ensembles
from publication.models import Parution, Passage, Retenue
from tests.modeles.nuits import Nuits


def main() -> None:
    """Read the command line, simulate the years one after the other, print what they contained."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--annees", type=int, default=20)
    lecteur.add_argument("--graine", type=int, default=random.randrange(2**32))
    demande = lecteur.parse_args()
    annees, jours = (1, 180) if demande.petit else (demande.annees, 365)
    print(f"Graine {demande.graine}", flush=True)
    ensembles.PAR_ENSEMBLE = 3
    setup_test_environment()
    connection.settings_dict["TEST"]["NAME"] = f"edof_nuits_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    debut, faits, lignes = time.monotonic(), Counter[str](), Counter[str]()
    try:
        for annee in range(annees):
            with transaction.atomic():
                nuits = Nuits(demande.graine + annee, dt.date(2026, 3, 10))
                panne = nuits.hasard.randrange(20, jours - 65)
                nuits.vivre(jours, par_jour=2.0, panne=range(panne, panne + nuits.hasard.randrange(45)))
                nuits.verifier()
                faits += nuits.faits
                lignes += Counter(
                    {
                        modele._meta.verbose_name_plural: modele.objects.count()
                        for modele in (Passage, Parution, Retenue)
                    }
                )
                transaction.set_rollback(True)
            print(f"Année {annee + 1} : aucune différence ({time.monotonic() - debut:.0f} s)", flush=True)
        print(", ".join(f"{nombre} {nom}" for nom, nombre in (lignes + faits).items()))
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)


if __name__ == "__main__":
    main()
