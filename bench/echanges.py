"""What an import of sessions costs: read, planned, applied, undone, beside COPY of the same rows.

    ./run bench echanges            the whole: 5,000 sessions (some minutes)
    ./run bench echanges --petit    300 sessions

Processor time of the program and of its database backend. COPY goes through the same triggers, which write
the history; everything is rolled back. The memory is that of the process, at its highest.
"""

import argparse
import io
import logging
import resource
import sys
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

import pghistory
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bench._commun import base_jetable, dire
from bench._processeur import processeur
from echanges.auteur import LIGNE_DE_COMMANDE
from echanges.execution import annuler, avancer_un_import, demander
from echanges.lecture import lire
from echanges.models import Import, Porte
from echanges.plan import planifier
from echanges.preparation import deposer, preparer
from organismes.models import Organisme, Utilisateur
from sessions_app.models import Session

TOURS = 3


def mesurer(geste: Callable[[], object]) -> tuple[float, object]:
    """Return the processor milliseconds of a gesture, and what it returns."""
    debut = processeur()
    rendu = geste()
    return 1000 * (processeur() - debut), rendu


def fichier(action: str, combien: int) -> bytes:
    """Return a CSV file of as many new sessions."""
    titres = "Action;Session;Du;Au;Garantie;Contact;Adresse;Observations\n"
    lignes = (
        f"{action};MESURE-{n};01/{n % 9 + 1:02}/2099;{n % 20 + 2:02}/{n % 9 + 1:02}/2099;oui;Nadia"
        " Roux;Siège;\n"
        for n in range(combien)
    )
    return (titres + "".join(lignes)).encode()


def copier(combien: int) -> float:
    """Return what COPY of as many sessions costs, with their history."""
    colonnes = ", ".join(f'"{c.column}"' for c in Session._meta.concrete_fields if not c.primary_key)
    with transaction.atomic(), pghistory.context(operation="mesure"), connection.cursor() as curseur:
        curseur.execute(
            "CREATE TEMP TABLE lues ON COMMIT DROP AS SELECT m.* FROM sessions_app_session m,"
            " generate_series(1, %s) n WHERE m.id = (SELECT min(id) FROM sessions_app_session"
            " WHERE statut = 'validee')",
            [combien],
        )
        curseur.execute("UPDATE lues SET identifiant_normalise = 'mesure-' || ctid, cle_de_creation = NULL")
        with curseur.copy(f"COPY (SELECT {colonnes} FROM lues) TO STDOUT") as sortie:
            octets = b"".join(sortie)

        def ecrire() -> None:
            with curseur.copy(f"COPY sessions_app_session ({colonnes}) FROM STDIN") as entree:
                entree.write(octets)

        cout, _ = mesurer(ecrire)
        transaction.set_rollback(True)
    return cout


def un_tour(
    organisme: Organisme,
    gestionnaire: Utilisateur,
    octets: bytes,
    combien: int,
    couts: dict[str, list[float]],
) -> int:
    """Do each gesture once, and note what it costs; return how many queries the plan needed."""
    couts.setdefault("COPY", []).append(copier(combien))
    cout, lecture = mesurer(lambda: lire(io.BytesIO(octets), len(octets)))
    couts.setdefault("Lire", []).append(cout)
    lignes = lecture.lignes  # type: ignore[attr-defined]
    with CaptureQueriesContext(connection) as requetes:
        cout, _ = mesurer(lambda: planifier(lignes, organisme=organisme, par=LIGNE_DE_COMMANDE))
    couts.setdefault("Planifier", []).append(cout)
    with transaction.atomic():
        importation = Import(organisme=organisme, porte=Porte.COMMANDE, nom="mesure.csv")
        preparer(deposer(importation, [octets]))
        demander(importation, mode="valides")
        couts.setdefault("Appliquer", []).append(mesurer(lambda: avancer_un_import(importation.pk))[0])
        importation.refresh_from_db()
        if importation.bilan.get("creees") != combien:
            sys.exit(f"{importation.bilan} : cette mesure ne dirait rien.")
        annuler(importation, par=gestionnaire)
        couts.setdefault("Annuler", []).append(mesurer(lambda: avancer_un_import(importation.pk))[0])
        transaction.set_rollback(True)
    return len(requetes)


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(description=__doc__)
    lecteur.add_argument("--petit", action="store_true")
    combien = 300 if lecteur.parse_args().petit else 5_000
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        session = Session.objects.select_related("organisme", "action").filter(statut="validee")[0]
        organisme, octets = session.organisme, fichier(session.action.identifiant, combien)
        gestionnaire = Utilisateur.objects.get(courriel="gestionnaire@ilvm.example")
        couts: dict[str, list[float]] = {}
        for _ in range(TOURS):
            requetes = un_tour(organisme, gestionnaire, octets, combien, couts)
    memoire = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    dire(f"{combien} sessions, {requetes} requêtes pour le plan, {memoire} Mo au plus")
    dire("| Geste | processeur, ms | fois COPY |")
    dire("|---|---:|---:|")
    temoin = sorted(couts["COPY"])[TOURS // 2]
    for nom, siens in couts.items():
        median = sorted(siens)[TOURS // 2]
        dire(f"| {nom} | {median:.0f} | {median / temoin:.1f} |")


if __name__ == "__main__":
    main()
