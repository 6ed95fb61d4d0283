"""What many writes in one call cost, and the API under schemathesis, much longer than the test suite does.

    ./run bench api            the costs, then 20,000 cases at least, every check and every phase on
    ./run bench api --petit    the costs of 200 sessions, then 300 cases at least
    ./run bench api --couts    the costs alone

Requests that follow the schema and requests that break it, in any order, are sent to the live program; each
answer is held against the schema. The failures are printed with the command that does it again; `--graine N`
gives the same run again.
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
logging.disable(logging.ERROR)
settings.DEBUG, settings.ALLOWED_HOSTS = False, ["*"]
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.API_DEBIT_PAR_JETON = settings.API_DEBIT_PAR_ORGANISME = "1000000/min"
settings.API_DEBIT_ANONYME = "1000000/min"

from django.db import connection
from django.test.utils import setup_test_environment
from pytest_django.live_server_helper import LiveServer

from bench._lots import mesurer
from tests.api.client import jeton_de
from tests.api.eprouver import TYPES_HOSTILES, eprouver
from tests.conftest import Monde


def main() -> None:
    """Read the command line, send cases until there are enough, print how many, how long, and what failed."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--graine", type=int, default=random.randrange(2**32))
    lecteur.add_argument("--couts", action="store_true")
    demande = lecteur.parse_args()
    mesurer(petit=demande.petit)
    if demande.couts:
        return
    voulus, exemples = (300, 1) if demande.petit else (20_000, 40)
    setup_test_environment()
    connection.settings_dict["TEST"]["NAME"] = f"edof_api_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    serveur = LiveServer("localhost")
    faits: Counter[str] = Counter()
    fautes: dict[str, str] = {}
    debut, graine = time.monotonic(), demande.graine
    try:
        monde = Monde()
        monde.session("s1")
        monde.session("s2", ouverte=True)
        secret = jeton_de(monde)[1]
        while faits.total() < voulus:
            phases = (
                ("examples", "fuzzing", "stateful")
                if faits or demande.petit
                else ("examples", "coverage", "fuzzing", "stateful")
            )
            cas, trouvees = eprouver(serveur.url, secret, exemples=exemples, phases=phases, graine=graine)
            faits += cas
            fautes = trouvees | fautes
            graine += 1
        # The test suite sends some of these at each commit.
        hostile = random.Random(demande.graine).choice(TYPES_HOSTILES)
        cas, trouvees = eprouver(
            serveur.url, secret, exemples=1, phases=("fuzzing",), graine=graine, type_de_contenu=hostile
        )
        faits += cas
        fautes = trouvees | fautes
    finally:
        serveur.stop()
        connection.close()
        base, connection.settings_dict["NAME"] = connection.settings_dict["NAME"], origine
        with connection.cursor() as curseur:
            # A thread of the server may still hold a connection.
            curseur.execute(f'DROP DATABASE "{base}" WITH (FORCE)')
    par_phase = ", ".join(f"{nom} {nombre}" for nom, nombre in faits.items())
    print(
        f"{faits.total()} cas ({par_phase}), {time.monotonic() - debut:.0f} s, graine {demande.graine},"
        f" {len(fautes)} fautes",
        flush=True,
    )
    for nom, faute in fautes.items():
        print(f"\n{nom}\n{faute}")
    sys.exit(1 if fautes else 0)


if __name__ == "__main__":
    main()
