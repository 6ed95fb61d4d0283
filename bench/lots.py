"""What an operation on many sessions costs, beside one SQL statement written by hand.

    ./run bench lots            the whole: 1,000 and 10,000 sessions (some minutes)
    ./run bench lots --petit    200 sessions

Processor time of the program and of its database backend, rounds interleaved; the median is kept. Both write
the same columns of the same rows, with their history, and are rolled back. Then the same of the sweep that
carries out what was planned for a day.
"""

import argparse
import datetime as dt
import logging
import statistics
import sys
import time
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

from bench import _processeur
from bench._commun import base_jetable, dire, multiplier
from bench._processeur import comparer, rapport
from edof.horloge import a_l_instant, demain, maintenant, minuit
from lots.annulation import annuler
from lots.execution import avancer, demander, executer_lot
from lots.models import Issue, Lot
from lots.repetition import raconter
from organismes.droits import Operation, Role
from organismes.models import Utilisateur
from sessions_app.models import Session
from sessions_app.programmation import programmer
from sessions_app.programmations_dues import executer_les_programmations

TEMOIN = "Un UPDATE écrit à la main, avec son historique"


class Defaire(Exception):
    """Raised to roll back what a measured gesture has written."""


def defaite(geste):
    """Return the gesture, which writes nothing that stays."""

    def faire() -> None:
        try:
            with transaction.atomic():
                geste()
                raise Defaire
        except Defaire:
            return

    return faire


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(description=__doc__)
    lecteur.add_argument("--petit", action="store_true")
    petit = lecteur.parse_args().petit
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        modele = Session.objects.filter(statut="validee", date_debut__isnull=False)[0]
        gestionnaire = Utilisateur.objects.filter(
            membres__organisme=modele.organisme, membres__role=Role.GESTIONNAIRE
        )[0]
        dire("| Ouvrir des sessions | sessions | requêtes d'un ensemble | processeur, ms | fois le témoin |")
        dire("|---|---:|---:|---:|---:|")
        for combien in (200,) if petit else (1_000, 10_000):
            mesurer(modele, gestionnaire, combien)
        dire("\n| Ce qui était programmé | sessions | requêtes | processeur, ms | fois le témoin |")
        dire("|---|---:|---:|---:|---:|")
        mesurer_une_ronde(modele, gestionnaire, 200 if petit else 1_000)


def de_nouvelles_sessions(modele: Session, nom: str, combien: int) -> list[int]:
    """Create so many sessions that are ready to open, and return their keys."""
    debut = Session.objects.order_by("-pk")[0].pk
    multiplier(
        Session,
        '"sessions_app_session" AS m, generate_series(1, %s) AS n WHERE m.id = %s',
        [combien, modele.pk],
        identifiant=f"'{nom}{combien}-' || n",
    )
    Session.objects.filter(pk__gt=debut).update(statut="validee")
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")
    return list(Session.objects.filter(pk__gt=debut).order_by("pk").values_list("pk", flat=True))


def ouvrir_a_la_main(cles: list[int]) -> None:
    """Open these sessions by one statement."""
    instant = maintenant()
    with pghistory.context(operation="ouvrir"), connection.cursor() as curseur:
        curseur.execute(
            "UPDATE sessions_app_session SET statut = 'active', ouverte = true, a_ete_active = true,"
            " ouverte_depuis = %s, modifie_le = %s WHERE id = ANY(%s)",
            [instant, instant, cles],
        )


def mesurer_une_ronde(modele: Session, gestionnaire: Utilisateur, combien: int) -> None:
    """Print what the sweep costs on a day for which so many openings were planned."""
    cles = de_nouvelles_sessions(modele, "programmee", combien)
    programmer(Session.objects.filter(pk__in=cles), Operation.OUVRIR, demain(), gestionnaire)

    def ronde() -> None:
        with a_l_instant(minuit(demain()) + dt.timedelta(minutes=10)):
            faites = executer_les_programmations()
        if faites != combien or Session.objects.filter(pk__in=cles, ouverte=True).count() != combien:
            sys.exit(f"{faites} programmations réglées sur {combien} : cette mesure ne dirait rien.")

    with CaptureQueriesContext(connection) as requetes:
        defaite(ronde)()
    mesures = comparer({TEMOIN: defaite(lambda: ouvrir_a_la_main(cles)), "La ronde": defaite(ronde)}, 1)
    for nom, valeurs in mesures.items():
        mediane, moins, plus = rapport(mesures, nom, TEMOIN)
        compte = 1 if nom == TEMOIN else len(requetes)
        dire(
            f"| {nom} | {combien} | {compte} | {statistics.median(valeurs):.0f} |"
            f" {mediane:.1f} ({moins:.1f} – {plus:.1f}) |"
        )


def mesurer(modele: Session, gestionnaire: Utilisateur, combien: int) -> None:
    """Print the lines of the table for this number of sessions."""
    cles = de_nouvelles_sessions(modele, "lot", combien)

    def nouveau() -> Lot:
        lot = Lot.objects.create(
            organisme=modele.organisme, niveau="session", operation="ouvrir", par=gestionnaire
        )
        lot.figer(Session.objects.filter(pk__in=cles).order_by("pk"))
        return lot

    lot = nouveau()

    def executer() -> None:
        demander(lot)
        executer_lot(lot.pk)

    def faire_puis_annuler() -> None:
        executer()
        executer_lot(annuler(Lot.objects.get(pk=lot.pk), par=gestionnaire).pk)

    demander(lot)
    with transaction.atomic():
        with CaptureQueriesContext(connection) as requetes:
            depart = time.perf_counter()
            avancer(lot.pk)
            duree = time.perf_counter() - depart
        transaction.set_rollback(True)
    Lot.objects.filter(pk=lot.pk).update(etat="prepare")
    gestes = {
        "Répéter": lambda: raconter(lot),
        "Exécuter": defaite(executer),
        "Exécuter, puis annuler": defaite(faire_puis_annuler),
    }
    if combien > 1_000:
        _processeur.TOURS = 3
    mesures = comparer({TEMOIN: defaite(lambda: ouvrir_a_la_main(cles)), **gestes}, 1)
    with transaction.atomic():
        executer()
        faites = lot.comptes()[Issue.FAITE]
        transaction.set_rollback(True)
    if faites != combien:
        sys.exit(f"{faites} sessions ouvertes sur {combien} : cette mesure ne dirait rien.")
    for nom, valeurs in mesures.items():
        mediane, moins, plus = rapport(mesures, nom, TEMOIN)
        compte = len(requetes) if nom == "Exécuter" else 1 if nom == TEMOIN else ""
        dire(
            f"| {nom} | {combien} | {compte} | {statistics.median(valeurs):.0f} |"
            f" {mediane:.1f} ({moins:.1f} – {plus:.1f}) |"
        )
    dire(f"| Les verrous d'un ensemble durent {1000 * duree:.0f} ms | {combien} | | | |")


if __name__ == "__main__":
    main()
