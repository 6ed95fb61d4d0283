"""What a first visit of the catalogue weighs: the page and all that it loads, in bytes sent.

./run bench poids            20 offres, one of them open on its sessions (seconds)
./run bench poids --petit    the same
"""

import argparse
import logging
import secrets
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
logging.disable(logging.WARNING)

from django.db import connection
from django.test import Client
from django.test.utils import setup_test_environment

from bench._commun import dire
from bench._tableau import noter
from tests.conftest import Monde
from tests.poids import comme_en_production, premiere_visite, recueillir


def main() -> None:
    """Collect the static files as in production, ask for the page, print what it weighs."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.parse_args()
    setup_test_environment()
    connection.settings_dict["TEST"]["NAME"] = f"edof_poids_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    try:
        with tempfile.TemporaryDirectory() as nom, comme_en_production(Path(nom)):
            recueillir()
            monde, client = Monde(), Client()
            client.force_login(monde.gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
            poids = premiere_visite(monde, client, Path(nom))
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)
    dire("| Envoyé | octets |\n|---|---:|")
    for fichier, octets in sorted(poids.items(), key=lambda paire: -paire[1]):
        dire(f"| {fichier} | {octets} |")
    dire(f"| Ensemble | {sum(poids.values())} |")
    noter("poids", [sum(poids.values())])


if __name__ == "__main__":
    main()
