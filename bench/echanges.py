"""What an import of sessions costs: read, planned, applied, undone, beside COPY of the same rows.

    ./run bench echanges            the whole: 5,000 sessions (some minutes)
    ./run bench echanges --petit    300 sessions

Processor time of the program and of its database backend. COPY goes through the same triggers, which write
the history, and is rolled back. An import is committed set by set, as the worker does, in a scratch database;
an action has fifty sessions of it. `--sessions N` measures N of them, one round above 5,000; a table has
20,000 rows at most, so 100,000 sessions are five files, as a person would cut them. The memory is what
planning a workbook of 20,000 rows takes, in a process of its own, beside one of 20 rows.
"""

import argparse
import io
import logging
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

import openpyxl
import pghistory
from django.core.management import call_command
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from bench._commun import base_jetable, dire, multiplier
from bench._mesure import a_part
from bench._processeur import processeur
from catalogue.models import Action
from echanges.auteur import LIGNE_DE_COMMANDE
from echanges.execution import annuler, avancer_un_import, demander
from echanges.lecture import lire
from echanges.models import Import, Porte
from echanges.plan import planifier
from echanges.preparation import deposer, preparer
from organismes.models import Organisme, Utilisateur
from sessions_app.models import Session

TOURS = 3
# The most rows that a table may have, and how many of them are of one action.
D_UN_FICHIER, D_UNE_ACTION = 20_000, 50


def mesurer(geste: Callable[[], object]) -> tuple[float, object]:
    """Return the processor milliseconds of a gesture, and what it returns."""
    debut = processeur()
    rendu = geste()
    return 1000 * (processeur() - debut), rendu


def multiplier_l_action(action: Action, combien: int) -> None:
    """Add as many actions like this one, « MESURE-A0 » and after."""
    source = "catalogue_action AS m, generate_series(0, %s) AS n WHERE m.id = %s"
    multiplier(Action, source, [combien - 1, action.pk], identifiant="'MESURE-A' || n")


def fichier(combien: int, debut: int = 0) -> bytes:
    """Return a CSV file of as many new sessions, numbered from `debut`."""
    titres = "Action;Session;Du;Au;Garantie;Contact;Adresse;Observations\n"
    lignes = (
        f"MESURE-A{n // D_UNE_ACTION};MESURE-{n};01/{n % 9 + 1:02}/2099;{n % 20 + 2:02}/{n % 9 + 1:02}/2099;"
        "oui;Nadia Roux;Siège;\n"
        for n in range(debut, debut + combien)
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
    fichiers: list[bytes],
    combien: int,
    couts: dict[str, list[float]],
) -> int:
    """Do each gesture once, and note what it costs; return how many queries the plan needed."""
    couts.setdefault("COPY", []).append(copier(combien))
    lus, planifies, appliques, annules, creees = 0.0, 0.0, 0.0, 0.0, 0
    imports = []
    for octets in fichiers:
        cout, lecture = mesurer(lambda octets=octets: lire(io.BytesIO(octets), len(octets)))  # type: ignore[misc]
        lus += cout
        lignes = lecture.lignes  # type: ignore[attr-defined]
        with CaptureQueriesContext(connection) as requetes:
            cout, _ = mesurer(
                lambda lignes=lignes: planifier(lignes, organisme=organisme, par=LIGNE_DE_COMMANDE)  # type: ignore[misc]
            )
        planifies += cout
        importation = Import(organisme=organisme, porte=Porte.COMMANDE, nom="mesure.csv")
        preparer(deposer(importation, [octets]))
        demander(importation, mode="valides")
        appliques += mesurer(lambda pk=importation.pk: avancer_un_import(pk))[0]  # type: ignore[misc]
        importation.refresh_from_db()
        creees += importation.bilan.get("creees", 0)
        imports.append(importation)
    if creees != combien:
        sys.exit(f"{creees} sessions créées : cette mesure ne dirait rien.")
    for importation in reversed(imports):
        annuler(importation, par=gestionnaire)
        annules += mesurer(lambda pk=importation.pk: avancer_un_import(pk))[0]  # type: ignore[misc]
    for nom, cout in (
        ("Lire", lus), ("Planifier", planifies), ("Appliquer", appliques), ("Annuler", annules)
    ):  # fmt: skip
        couts.setdefault(nom, []).append(cout)
    return len(requetes)


def classeur(combien: int, chemin: Path) -> None:
    """Write a workbook of as many new sessions."""
    wb = openpyxl.Workbook(write_only=True)
    feuille = wb.create_sheet("Sessions")
    for ligne in fichier(combien).decode().splitlines():
        feuille.append(ligne.split(";"))
    wb.save(chemin)


def planifier_un_classeur(chemin: str, organisme: int) -> None:
    """Drop this workbook and plan it, then give everything back: the work of a process of its own."""
    with transaction.atomic():
        importation = Import(organisme_id=organisme, porte=Porte.COMMANDE, nom=Path(chemin).name)
        with open(chemin, "rb") as octets:
            preparer(deposer(importation, iter(lambda: octets.read(65_536), b"")))
        importation.refresh_from_db()
        assert importation.nombre and not importation.refus, importation.refus
        transaction.set_rollback(True)


def memoire(organisme: Organisme, combien: int) -> None:
    """Print what planning a workbook of as many rows takes, beside a small one."""
    pics = []
    with tempfile.TemporaryDirectory() as dossier:
        for lignes in (20, combien):
            chemin = Path(dossier) / f"{lignes}.xlsx"
            classeur(lignes, chemin)
            pics.append(a_part(planifier_un_classeur, str(chemin), organisme.pk).memoire)
    dire(f"Planifier un classeur de {combien} lignes : {pics[1] - pics[0]:.0f} Mo de plus qu'un de 20")


def main() -> None:
    """Read the command line, build, measure, print."""
    brut = argparse.RawDescriptionHelpFormatter
    lecteur = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--sessions", type=int, default=0)
    options = lecteur.parse_args()
    combien = options.sessions or (300 if options.petit else 5_000)
    tours = TOURS if combien <= 5_000 else 1
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        session = Session.objects.select_related("organisme", "action").filter(statut="validee")[0]
        organisme, lignes = session.organisme, 2_000 if options.petit else D_UN_FICHIER
        multiplier_l_action(session.action, max(combien, lignes) // D_UNE_ACTION)
        memoire(organisme, lignes)
        fichiers = [
            fichier(min(D_UN_FICHIER, combien - debut), debut) for debut in range(0, combien, D_UN_FICHIER)
        ]
        gestionnaire = Utilisateur.objects.get(courriel="gestionnaire@ilvm.example")
        couts: dict[str, list[float]] = {}
        for _ in range(tours):
            requetes = un_tour(organisme, gestionnaire, fichiers, combien, couts)
    dire(f"{combien} sessions, {requetes} requêtes pour le plan d'un fichier")
    dire("| Geste | processeur, ms | fois COPY |")
    dire("|---|---:|---:|")
    temoin = sorted(couts["COPY"])[tours // 2]
    for nom, siens in couts.items():
        median = sorted(siens)[tours // 2]
        dire(f"| {nom} | {median:.0f} | {median / temoin:.1f} |")


if __name__ == "__main__":
    main()
