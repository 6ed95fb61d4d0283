"""What « Modifier en tableau » costs with 200 sessions, and what a rehearsal of 10,000 holds in memory.

    ./run bench tableau            the whole (some minutes)
    ./run bench tableau --petit    50 sessions, a rehearsal of 500

Queries are those of the whole request; processor time is that of the program and of its database backend,
rounds interleaved; the median is kept. The reference updates the same rows, with their history, in one
statement. The memory is what Python allocates at most during the rehearsal, with the answer kept.
"""

import argparse
import logging
import re
import statistics
import sys
import tracemalloc
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
settings.ALLOWED_HOSTS = ["*"]
logging.disable(logging.INFO)

import pghistory
from django.core.management import call_command
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench._commun import base_jetable, dire, multiplier
from bench._processeur import comparer, rapport
from catalogue.models import Action
from lots.models import Lot
from lots.repetition import raconter
from organismes.droits import Role
from organismes.models import Connexion, Utilisateur
from sessions_app.models import Session
from tests.formulaires import champs_de

TEMOIN = "Un UPDATE écrit à la main, avec son historique"


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    petit = lecteur.parse_args().petit
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        modele = Session.objects.filter(statut="validee", date_debut__isnull=False)[0]
        gestionnaire = Utilisateur.objects.filter(
            membres__organisme=modele.organisme, membres__role=Role.GESTIONNAIRE
        )[0]
        le_tableau(modele, gestionnaire, 50 if petit else 200, 1 if petit else 3)
        la_repetition(modele, gestionnaire, 500 if petit else 10_000)


def copier(modele: Session, combien: int) -> list[int]:
    """Copy the session that many times; return the keys of the copies."""
    derniere = Session.objects.order_by("-pk")[0].pk
    multiplier(
        Session,
        '"sessions_app_session" AS m, generate_series(1, %s) AS n WHERE m.id = %s',
        [combien, modele.pk],
        identifiant=f"'t{combien}-' || n",
    )
    copies = Session.objects.filter(pk__gt=derniere)
    copies.update(statut="validee")
    with connection.cursor() as curseur:
        curseur.execute("ANALYZE")
    return list(copies.order_by("pk").values_list("pk", flat=True))


def le_tableau(modele: Session, gestionnaire: Utilisateur, combien: int, fois: int) -> None:
    """Print what the page of so many sessions costs: shown, saved whole, taken back."""
    Session.objects.filter(action=modele.action_id).exclude(pk=modele.pk).delete()
    cles = copier(modele, combien - 1)
    client = Client()
    client.force_login(gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
    adresse = f"/catalogue/actions/{Action.objects.get(pk=modele.action_id).pk}/tableau/"
    client.get(adresse)
    donnees = Connexion.objects.get().session_data

    def montrer() -> str:
        return client.get(adresse).content.decode()

    def enregistrer(saisie: dict[str, str]) -> str:
        page = client.post(adresse, saisie, follow=True).content.decode()
        return re.findall(r"/catalogue/annuler/[0-9a-f-]{36}/", page)[-1]

    def saisie() -> dict[str, str]:
        typee = champs_de(montrer(), "tableau")
        return typee | {
            f"l-{rang}-modalites_particulieres": f"Le soir, salle {rang}." for rang in range(combien)
        }

    def tout() -> None:
        client.post(enregistrer(saisie()))
        Connexion.objects.update(session_data=donnees)

    def temoin() -> None:
        with transaction.atomic():
            with pghistory.context(operation="mesure"), connection.cursor() as curseur:
                curseur.execute(
                    "UPDATE sessions_app_session SET modalites_particulieres = 'Le soir, salle ' || id,"
                    " modifie_le = now() WHERE id = ANY(%s)",
                    [cles],
                )
            transaction.set_rollback(True)

    requetes = {}
    typee = saisie()
    with CaptureQueriesContext(connection) as lues:
        montrer()
    requetes["Montrer la page"] = _comptees(lues)
    with CaptureQueriesContext(connection) as lues:
        reponse = client.post(adresse, typee)
    requetes["Montrer, enregistrer, lire la page, annuler"] = _comptees(lues)
    changees = Session.objects.filter(modalites_particulieres__startswith="Le soir, salle").count()
    if reponse.status_code != 302 or changees != combien:
        sys.exit(f"{changees} sessions changées au lieu de {combien} : cette mesure ne dirait rien.")
    faite = client.get(reponse["Location"], follow=True).content.decode()
    client.post(re.findall(r"/catalogue/annuler/[0-9a-f-]{36}/", faite)[-1])
    Connexion.objects.update(session_data=donnees)
    gestes = {"Montrer la page": montrer, "Montrer, enregistrer, lire la page, annuler": tout}
    mesures = comparer({TEMOIN: temoin, **gestes}, fois)
    dire(f"| Le tableau de {combien} sessions | requêtes | processeur, ms | fois le témoin (de – à) |")
    dire("|---|---:|---:|---:|")
    dire(f"| {TEMOIN} | 1 | {statistics.median(mesures[TEMOIN]):.0f} | 1 |")
    for nom in gestes:
        mediane, moins, plus = rapport(mesures, nom, TEMOIN)
        duree = statistics.median(mesures[nom])
        dire(f"| {nom} | {requetes[nom]} | {duree:.0f} | {mediane:.1f} ({moins:.1f} – {plus:.1f}) |")


def _comptees(lues: CaptureQueriesContext) -> int:
    """Return the number of queries, without those that only bound a transaction."""
    return sum(not requete["sql"].startswith(("SAVEPOINT", "RELEASE")) for requete in lues)


def la_repetition(modele: Session, gestionnaire: Utilisateur, combien: int) -> None:
    """Print what Python allocates at most during the rehearsal of so many openings."""
    cles = copier(modele, combien)
    lot = Lot.objects.create(
        organisme=modele.organisme, niveau="session", operation="ouvrir", par=gestionnaire
    )
    lot.figer(Session.objects.filter(pk__in=cles).order_by("pk"))
    raconter(lot)
    tracemalloc.start()
    repetition = raconter(lot)
    au_plus = tracemalloc.get_traced_memory()[1] / 1e6
    tracemalloc.stop()
    if len(repetition.pretes) != combien:
        sys.exit(f"{len(repetition.pretes)} prêtes sur {combien} : cette mesure ne dirait rien.")
    dire(f"| Répéter {combien} ouvertures : mémoire de Python, au plus | | {au_plus:.1f} Mo | |")


if __name__ == "__main__":
    main()
