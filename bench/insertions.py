"""How long it takes to insert sessions with their history, per row: 4,000 and 32,000 at once.

    ./run bench insertions            the whole (a minute)
    ./run bench insertions --petit    a tenth of it

Processor time of the program and of its backend. The rate must not depend on the number of rows. COPY into a
table with the same columns and indexes, and no trigger, is the reference. The rounds are interleaved, and the
median is kept.
"""

import argparse
import logging
import statistics
import sys
from contextlib import nullcontext
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

from bench._commun import base_jetable, dire, multiplier
from bench._processeur import processeur
from bench._tableau import noter
from sessions_app.models import Session

TOURS = 5


def inserer(combien: int, avec_contexte: bool) -> float:
    """Insert `combien` sessions in one statement, undo it, and return the microseconds per row."""
    modele = Session.objects.order_by("pk").first()
    with transaction.atomic():
        contexte = pghistory.context(operation="ajouter") if avec_contexte else nullcontext()
        debut = processeur()
        with contexte:
            multiplier(
                Session,
                '"sessions_app_session" m, generate_series(1, %s) n WHERE m.id = %s',
                [combien, modele.pk],
                identifiant="'MESURE-' || n",
                dates_saisies_le="m.dates_saisies_le",
            )
        duree = processeur() - debut
        transaction.set_rollback(True)
    return duree * 1e6 / combien


def copier(combien: int) -> float:
    """Do the same with COPY, into a table without triggers nor foreign keys; return the same unit."""
    colonnes = ", ".join(f'"{c.column}"' for c in Session._meta.concrete_fields if not c.primary_key)
    with transaction.atomic(), connection.cursor() as curseur:
        curseur.execute('CREATE TEMP TABLE cible (LIKE "sessions_app_session" INCLUDING ALL)')
        curseur.execute(
            'CREATE TEMP TABLE lues AS SELECT m.* FROM "sessions_app_session" m, generate_series(1, %s) n'
            " WHERE m.id = (SELECT min(id) FROM sessions_app_session)",
            [combien],
        )
        curseur.execute("UPDATE lues SET identifiant_normalise = 'mesure-' || ctid")
        with curseur.copy(f"COPY (SELECT {colonnes} FROM lues) TO STDOUT") as sortie:
            octets = b"".join(sortie)
        debut = processeur()
        with curseur.copy(f"COPY cible ({colonnes}) FROM STDIN") as entree:
            entree.write(octets)
        duree = processeur() - debut
        transaction.set_rollback(True)
    return duree * 1e6 / combien


def main() -> None:
    """Measure, and print one table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--petit", action="store_true")
    choisi = options.parse_args()
    petites, grandes = (400, 3_200) if choisi.petit else (4_000, 32_000)
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        mesures: dict[tuple[str, int], list[float]] = {}
        for _ in range(TOURS):
            for combien in (petites, grandes):
                for nom, mesurer in (
                    ("COPY et ses index", lambda n: copier(n)),
                    ("INSERT dans un contexte", lambda n: inserer(n, True)),
                    ("INSERT sans contexte", lambda n: inserer(n, False)),
                ):
                    mesures.setdefault((nom, combien), []).append(mesurer(combien))
    avec = "INSERT dans un contexte"
    for cle, nom, combien in (
        ("insertion_lineaire", avec, petites), ("insertion_copy", "COPY et ses index", grandes)
    ):  # fmt: skip
        noter(cle, [a / b for a, b in zip(mesures[avec, grandes], mesures[nom, combien], strict=True)])
    dire("| µs par ligne, médiane (plus petite – plus grande) | " + f"{petites} lignes | {grandes} lignes |")
    dire("|---|---:|---:|")
    for nom in dict.fromkeys(nom for nom, _ in mesures):
        cases = [
            f"{statistics.median(m):.0f} ({min(m):.0f} – {max(m):.0f})"
            for m in (mesures[nom, petites], mesures[nom, grandes])
        ]
        dire(f"| {nom} | {' | '.join(cases)} |")


if __name__ == "__main__":
    main()
