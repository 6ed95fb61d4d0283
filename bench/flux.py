"""An integrator's month on a large catalogue: a mirror that follows the change feed, compared every morning.

    ./run bench flux            20,000 sessions, 31 days (some ten minutes)
    ./run bench flux --petit    500 sessions, 4 days
    ./run bench flux --jours 3  20,000 sessions, fewer days

The writers are those of tests/modeles/miroir.py: operations, API, lots, imports, screens, nights, undoing. It
ends at the first difference. Then what the feed costs: a page of 1,000 changes, with and without the records,
and asking when nothing is new. `--graine N` lives the same month again.
"""

import argparse
import datetime as dt
import logging
import random
import resource
import secrets
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
settings.API_DEBIT_PAR_JETON = "1000000/min"

from django.db import connection, transaction
from django.test.utils import setup_test_environment

from bench._commun import dire, multiplier
from bench._processeur import processeur
from sessions_app.models import Session
from tests.conftest import Monde
from tests.modeles.miroir import Miroir, Mois

TOURS = 5


def garnir_de(combien: int) -> Callable[[Monde], None]:
    """Return what adds so many open sessions to a world."""

    def garnir(monde: Monde) -> None:
        modele = Session.objects.filter(organisme=monde.organisme, ouverte=True)[0]
        source = '"sessions_app_session" AS m, generate_series(1, %s) AS n WHERE m.id = %s'
        multiplier(Session, source, [combien, modele.pk], identifiant="'flux-' || n")
        # Nobody else sees these rows, and so nothing analyses them: plans would be those of empty tables.
        with connection.cursor() as curseur:
            curseur.execute("ANALYZE")

    return garnir


def mesurer(nom: str, demander: Callable[[], object]) -> None:
    """Print the processor time of a request, in milliseconds."""
    durees = []
    for _ in range(TOURS):
        debut = processeur()
        demander()
        durees.append((processeur() - debut) * 1000)
    dire(f"| {nom} | {statistics.median(durees):.0f} ({min(durees):.0f} – {max(durees):.0f}) |")


def chiffrer(miroir: Miroir) -> None:
    """Print what the feed costs."""
    api, tout = miroir.api, "changements/?taille=1000"
    fin = api("GET", "changements/?depuis=fin")
    assert len(api("GET", tout).lu["resultats"]) == 1000 or miroir.lus < 1000
    dire("\n| Demande | processeur, ms |\n|---|---:|")
    mesurer("1 000 changements", lambda: api("GET", tout))
    mesurer("1 000 changements, avec les fiches", lambda: api("GET", f"{tout}&inclure=fiche"))
    mesurer(
        "Rien de neuf (304)",
        lambda: api("GET", fin.lu["suivant"], if_none_match=fin.headers["ETag"]),
    )
    mesurer("Une page de 200 sessions", lambda: api("GET", "sessions/?taille=200"))
    etiquette = api("GET", "sessions/?taille=200").headers["ETag"]
    mesurer("La même, inchangée (304)", lambda: api("GET", "sessions/?taille=200", if_none_match=etiquette))


def main() -> None:
    """Read the command line, live the month, print."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--jours", type=int, help="Autant de jours, au lieu de 31")
    lecteur.add_argument("--graine", type=int, default=random.randrange(2**32))
    demande = lecteur.parse_args()
    sessions, jours = (500, 4) if demande.petit else (20_000, 31)
    jours = demande.jours or jours
    dire(f"Graine {demande.graine}")
    setup_test_environment()
    connection.settings_dict["TEST"]["NAME"] = f"edof_flux_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0)
    debut = time.monotonic()
    try:
        with transaction.atomic():
            mois = Mois(demande.graine, dt.date(2026, 3, 10), garnir_de(sessions), taille=1000)
            mois.vivre_en_miroir(jours, 4.0)
            lus = ", ".join(str(miroir.lus) for miroir in mois.miroirs)
            dire(
                f"{jours} matins sans différence, {time.monotonic() - debut:.0f} s ; changements lus : {lus}"
            )
            dire(", ".join(f"{nombre} {nom}" for nom, nombre in mois.faits.items()))
            demandes = ", ".join(str(miroir.demandes) for miroir in mois.miroirs)
            memoire = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
            dire(f"demandes de chaque copie : {demandes} ; au plus haut {memoire} Mo, programme et copies")
            chiffrer(mois.miroirs[-1])
            transaction.set_rollback(True)
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)


if __name__ == "__main__":
    main()
