"""What a series of 200 sessions costs: its preview, its creation, its « Annuler », beside bare SQL.

    ./run bench series            the whole (a minute)
    ./run bench series --petit    fewer rounds

Queries are those of the whole request; processor time is that of the program and of its database backend,
rounds interleaved; the median is kept. The reference inserts the same rows, with their history, in one
statement.
"""

import argparse
import logging
import re
import statistics
import sys
import uuid
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

from bench._commun import base_jetable, dire
from bench._processeur import comparer, rapport
from catalogue.models import Action
from edof.horloge import aujourd_hui
from organismes.droits import Role
from organismes.models import Connexion, Utilisateur
from sessions_app.models import Session

NOMBRE = 200
TEMOIN = "Une insertion de 200 lignes, avec l'historique"


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(description=__doc__)
    lecteur.add_argument("--petit", action="store_true")
    fois = 3 if lecteur.parse_args().petit else 20
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        action = Action.objects.get(identifiant="88A-79-78490-XX")
        modele = Session.objects.filter(action=action, contact_inscription__isnull=False)[0]
        gestionnaire = Utilisateur.objects.filter(
            membres__organisme=action.organisme, membres__role=Role.GESTIONNAIRE
        )[0]
        client = Client()
        client.force_login(gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        adresse = f"/catalogue/actions/{action.pk}/serie/"
        client.get(adresse)
        donnees = Connexion.objects.get().session_data
        annee = aujourd_hui().year + 1
        regle = {
            "rythme": "semaines", "jours": ["0", "1", "2", "3"], "toutes_les": "1", "du": f"04/01/{annee}",
            "fin": "nombre", "nombre": str(NOMBRE), "duree": "5", "unite": "ouvres", "feries": "on",
            "territoire": "Métropole", "feries_debut": "suivant", "feries_dedans": "allonger",
            "modele": "S{N}-{AAAA}{MM}{JJ}", "reprendre": modele.pk,
        }  # fmt: skip

        def poster(operation: str) -> str:
            envoi = {**regle, "cle": str(uuid.uuid4()), "operation": operation}
            return client.post(adresse, envoi, follow=True).content.decode()

        def annuler(page: str) -> None:
            client.post(re.findall(r"/catalogue/annuler/[0-9a-f-]{36}/", page)[-1])
            Connexion.objects.update(session_data=donnees)

        def creer() -> None:
            annuler(poster("creer"))

        def temoin() -> None:
            with transaction.atomic(), pghistory.context(operation="mesure"):
                Session.objects.bulk_create(
                    Session(
                        action=action,
                        organisme=action.organisme,
                        identifiant=f"T{rang}",
                        identifiant_normalise=f"t{rang}",
                    )
                    for rang in range(NOMBRE)
                )
                transaction.set_rollback(True)

        requetes = {}
        for nom in ("apercu", "creer"):
            with CaptureQueriesContext(connection) as lues:
                envoi = {**regle, "cle": str(uuid.uuid4()), "operation": nom}
                reponse = client.post(adresse, envoi)
            requetes[nom] = sum(not q["sql"].startswith(("SAVEPOINT", "RELEASE")) for q in lues)
            if nom == "creer":
                creees = Session.objects.filter(action=action, serie__isnull=False).count()
                annuler(client.get(reponse["Location"], follow=True).content.decode())
        if creees != NOMBRE:
            sys.exit(f"{creees} sessions créées au lieu de {NOMBRE} : cette mesure ne dirait rien.")
        gestes = {"L'aperçu": lambda: poster("apercu"), "Créer, lire la page, annuler": creer}
        mesures = comparer({TEMOIN: temoin, **gestes}, fois)
    dire(f"| Une série de {NOMBRE} sessions | requêtes | processeur, ms | fois le témoin (de – à) |")
    dire("|---|---:|---:|---:|")
    dire(f"| {TEMOIN} | 1 | {statistics.median(mesures[TEMOIN]):.0f} | 1 |")
    comptes = dict(zip(gestes, requetes.values(), strict=True))
    for nom in gestes:
        mediane, moins, plus = rapport(mesures, nom, TEMOIN)
        dire(
            f"| {nom} | {comptes[nom]} | {statistics.median(mesures[nom]):.0f} |"
            f" {mediane:.1f} ({moins:.1f} – {plus:.1f}) |"
        )


if __name__ == "__main__":
    main()
