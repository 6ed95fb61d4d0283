"""The files of the open data of a day, beside the bare COPY of the same rows, in the same run.

    ./run bench donnees            1,500,000 sessions, all public (an hour)
    ./run bench donnees --petit    a hundredth of it (--part 10: a tenth)

A scratch database is made beside the one of DATABASE_URL, and dropped at the end. Each piece of work is done
in a process of its own. The changes are those of a day after a day when one session in a hundred was closed.
Read the ratios of processor time (program and database backend); medians, with the smallest and the greatest.
"""

import argparse
import datetime as dt
import logging
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

from django.db import connection, transaction

from bench._commun import base_jetable, dire
from bench._mesure import Mesure, a_part, mediane
from bench._national import GARDEES, JOUR, construire, sql
from edof.horloge import a_l_instant, minuit
from publication.donnees import ecriture, jeux
from publication.donnees.colonnes import AGREGEES, COLONNES
from publication.donnees.lecture import LIGNES_JSON, OFFRES, SESSIONS, preparer
from publication.donnees.retraits import retraits
from publication.passages import publier

LENDEMAIN = JOUR + dt.timedelta(days=1)


def nuit(jour: dt.date) -> None:
    """Do the run of that day, at 05:00."""
    with a_l_instant(minuit(jour) + dt.timedelta(hours=5)):
        publier(jour, par="mesure")


def copier(jour: dt.date) -> None:
    """Read the same rows as the files do, and do nothing with them."""
    quand = minuit(jour) + dt.timedelta(hours=6)
    with a_l_instant(quand), transaction.atomic(), connection.cursor() as curseur:
        preparer(curseur, jour)
        lus = [
            f"SELECT {', '.join(colonne.en_sql for colonne in colonnes)} {source}"
            for colonnes, source in ((COLONNES, SESSIONS), (AGREGEES, OFFRES))
        ]
        for lu in (*lus, LIGNES_JSON):
            with curseur.copy(f"COPY ({lu}) TO STDOUT (FORMAT csv, DELIMITER ';')") as copie:
                for _ in copie:
                    pass


def ecrire(jour: dt.date, dossier: str) -> None:
    """Write what is due on that day."""
    settings.DONNEES_OUVERTES = Path(dossier)
    with a_l_instant(minuit(jour) + dt.timedelta(hours=6)):
        ecriture.ecrire_ce_qui_est_du()


def dit(mesures: list[Mesure]) -> str:
    """Return the medians of these measurements, as the cells of a row."""
    return " | ".join(f"{mediane(mesures, nom):.1f}" for nom in ("secondes", "programme", "base", "memoire"))


def mesurer(tours: int) -> None:
    """Publish a day, write its files several times, then those of the next one; print the table."""
    nuit(JOUR)
    copies, ecrites, suivantes = list[Mesure](), list[Mesure](), list[Mesure]()
    with tempfile.TemporaryDirectory() as dossier:
        for tour in range(tours):
            copies.append(a_part(copier, JOUR))
            ecrites.append(a_part(ecrire, JOUR, f"{dossier}/{tour}"))
        fermer = (
            "UPDATE sessions_app_session SET ouverte = false, fermee_le = %s, modifie_le = %s"
            " WHERE ouverte AND id %% 100 = 0"
        )
        instant = minuit(JOUR) + dt.timedelta(hours=12)
        sql(fermer, instant, instant)
        settings.DONNEES_OUVERTES = Path(dossier, "0")
        with a_l_instant(instant):
            debut = time.perf_counter()
            nombre = sum(1 for _ in retraits(JOUR))
            duree = (time.perf_counter() - debut) * 1000
        nuit(LENDEMAIN)
        for tour in range(tours):
            suivantes.append(a_part(ecrire, LENDEMAIN, f"{dossier}/{tour}"))
        manifeste = jeux.manifeste(LENDEMAIN) or {}
    dire("| | s | programme, s | base, s | Mo |\n|---|---:|---:|---:|---:|")
    dire(f"| COPY des mêmes lignes | {dit(copies)} |")
    dire(f"| Premier jour | {dit(ecrites)} |")
    dire(f"| Lendemain | {dit(suivantes)} |")
    dire(f"\n{nombre} retraits lus en {duree:.0f} ms.")
    for ressource in manifeste["resources"]:
        dire(f"{ressource['path']} : {ressource['rows']} lignes, {ressource['bytes'] / 1e6:.1f} Mo")
    rapport = mediane(suivantes, "processeur") / mediane(copies, "processeur")
    dire(f"\nÉcrire un jour / COPY des mêmes lignes : {rapport:.2f}")


def main() -> None:
    """Build the catalogue, measure, print."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--part", type=int, default=1)
    lecteur.add_argument("--tours", type=int, default=3)
    demande = lecteur.parse_args()
    part = 100 if demande.petit else demande.part
    with base_jetable(None, False):
        construire(part, GARDEES // part)
        mesurer(1 if demande.petit else demande.tours)


if __name__ == "__main__":
    main()
