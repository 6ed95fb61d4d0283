"""The import of a whole register and the lookup in it.

    ./run bench certifications            20,000 fiches
    ./run bench certifications --petit    500 (--fiches 100000: as many as that)

A scratch database is made beside the one of DATABASE_URL, and dropped at the end. The unit is one COPY of the
same rows into a table without index, constraint nor history.
"""

import argparse
import csv
import io
import statistics
import sys
import tempfile
import time
import tracemalloc
import zipfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django

django.setup()

from django.core.management import call_command
from django.db import connection, transaction

from bench._commun import base_jetable
from catalogue.import_certifications import COLONNES, importer
from catalogue.models import Certification

METIERS = (
    "Technicien supérieur",
    "Responsable",
    "Développeuse",
    "Chargé de clientèle",
    "Ouvrière qualifiée",
    "Manager",
    "Conseiller",
)
DOMAINES = (
    "en logistique",
    "de la qualité",
    "en bâtiment",
    "d'hôtellerie",
    "de l'énergie",
    "en œnologie",
    "des systèmes numériques",
)
RECHERCHES = (
    "rncp12345",
    "38413",
    "tech",
    "technicien sup logistique",
    "oenologie n 777",
    "t",
    "introuvable",
)


def fabriquer(chemin: Path, nombre: int) -> None:
    """Write a ZIP of `nombre` fiches, with two certificateurs each.

    Four in five are from the RNCP, with four blocs each.
    """
    codes = [f"RNCP{10000 + n}" if n % 5 else f"RS{n}" for n in range(nombre)]
    lignes = {
        "Standard": (
            (
                c,
                f"{METIERS[n % 7]} {DOMAINES[n // 7 % 7]} n° {n}",
                "TP",
                f"NIV{3 + n % 5}",
                "31/12/2030",
                "ACTIVE" if n % 3 else "INACTIVE",
            )
            for n, c in enumerate(codes)
        ),
        "Blocs_De_Compétences": (
            (c, f"{c}BC0{b}", f"Organiser, conduire et contrôler l'activité numéro {b}")
            for c in codes
            if c[1] == "N"
            for b in (1, 2, 3, 4)
        ),
        "Certificateurs": (
            (c, f"ORGANISME CERTIFICATEUR {n % 900 + i}") for n, c in enumerate(codes) for i in (0, 1)
        ),
    }
    with zipfile.ZipFile(chemin, "w", zipfile.ZIP_DEFLATED) as archive:
        for nom, contenu in lignes.items():
            entetes = COLONNES[nom.lower().partition("_")[0]]
            with (
                archive.open(f"export_fiches_CSV_{nom}_2026_11_23.csv", "w") as brut,
                io.TextIOWrapper(brut, "utf-8-sig", newline="") as texte,
            ):
                csv.writer(texte, delimiter=";", quoting=csv.QUOTE_ALL).writerows((entetes, *contenu))


def duree(quoi: object) -> float:
    """Return the seconds that a call takes."""
    debut = time.perf_counter()
    quoi()  # type: ignore[operator]
    return time.perf_counter() - debut


def copier() -> float:
    """Return the seconds of the unit: the rows of the table, copied to another one by one COPY."""
    with connection.cursor() as curseur:
        curseur.execute("CREATE TEMPORARY TABLE nue (LIKE catalogue_certification) ON COMMIT DROP")
        curseur.execute("SELECT * FROM catalogue_certification WHERE type_certification IN ('rncp', 'rs')")
        lignes = curseur.fetchall()

        def copie() -> None:
            with curseur.copy("COPY nue FROM STDIN") as flux:
                for ligne in lignes:
                    flux.write_row(ligne)

        return duree(copie)


def main() -> None:
    """Read the command line, measure, print."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--fiches", type=int, default=20_000)
    options = lecteur.parse_args()
    with base_jetable(None, False):
        call_command("migrate", verbosity=0)
        mesurer(500 if options.petit else options.fiches)


def mesurer(nombre: int) -> None:
    """Import `nombre` fiches twice, search for some, and print how long each takes."""
    with tempfile.TemporaryDirectory() as dossier, transaction.atomic():
        chemin = Path(dossier, "export.zip")
        fabriquer(chemin, nombre)
        premier = duree(lambda: importer(chemin))
        second = duree(lambda: importer(chemin))
        tracemalloc.start()
        importer(chemin)
        memoire = tracemalloc.get_traced_memory()[1] / 1e6
        tracemalloc.stop()
        unite = copier()
        print(
            f"{nombre} fiches, {chemin.stat().st_size / 1e6:.1f} Mo ; unité : COPY des mêmes lignes,"
            f" {unite:.2f} s"
        )
        print(
            f"premier import {premier / unite:.1f} ({premier:.2f} s), second {second / unite:.1f}"
            f" ({second:.2f} s)"
        )
        print(f"mémoire de Python : {memoire:.1f} Mo au plus")
        connection.cursor().execute("ANALYZE catalogue_certification")
        for q in RECHERCHES:
            durees = [
                duree(lambda q=q: list(Certification.objects.chercher(q, au_plus=12))) for _ in range(9)
            ]
            print(f"« {q} » : {statistics.median(durees) * 1000:.1f} ms")


if __name__ == "__main__":
    main()
