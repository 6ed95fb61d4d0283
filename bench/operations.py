"""What a transition by form costs, beside reading the session and saving it with its history.

    ./run bench operations            the whole (a minute)
    ./run bench operations --petit    a tenth of it

Processor time of the program and of its database backend, rounds interleaved; the median is kept.
"""

import argparse
import logging
import statistics
import sys
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
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext

from bench._commun import base_jetable, dire
from bench._processeur import comparer, rapport, rapports
from bench._tableau import noter
from catalogue.cycle_de_vie import executer
from organismes.connexion import IdentiteMiddleware, SessionStore, membres_de
from organismes.droits import Operation, Role
from organismes.models import Connexion, Utilisateur
from sessions_app.models import Session

TEMOIN = "Lire et enregistrer, avec l'historique"
VIDE = "Une page qui ne fait rien"
QUI = "Qui est connecté"
PAIRES = (("fermer", "ouvrir"), ("archiver", "desarchiver"))


def main() -> None:
    """Read the command line, build, measure, print."""
    lecteur = argparse.ArgumentParser(description=__doc__)
    lecteur.add_argument("--petit", action="store_true")
    fois = 3 if lecteur.parse_args().petit else 30
    with base_jetable(None, garder=False):
        call_command("migrate", verbosity=0)
        call_command("charger_demo", verbosity=0)
        session = Session.objects.filter(ouverte=True, statut="active").order_by("-date_debut")[0]
        gestionnaire = Utilisateur.objects.filter(
            membres__organisme=session.organisme, membres__role=Role.GESTIONNAIRE
        )[0]
        archivee = Session.objects.filter(organisme=session.organisme, statut="brouillon")[0]
        client = Client()
        client.force_login(gestionnaire, backend="django.contrib.auth.backends.ModelBackend")
        client.get("/aide/navigateurs/")
        donnees = Connexion.objects.get().session_data

        def poster(fiche: Session, operation: str) -> int:
            adresse = f"/catalogue/sessions/{fiche.pk}/{operation}/"
            with CaptureQueriesContext(connection) as requetes:
                client.post(adresse, {"suite": "/catalogue/"})
            return len(requetes)

        def aller_retour(fiche: Session, operations: tuple[str, str]) -> None:
            for operation in operations:
                client.post(f"/catalogue/sessions/{fiche.pk}/{operation}/", {"suite": "/catalogue/"})
                # The message is read by the next page.
                Connexion.objects.update(session_data=donnees)

        def temoin() -> None:
            for garantie in (True, False):
                with transaction.atomic(), pghistory.context(operation="mesure"):
                    lue = Session.objects.get(pk=session.pk)
                    lue.garantie = garantie
                    lue.save()

        cle, identifier = client.session.session_key, IdentiteMiddleware(lambda _: HttpResponse())

        def qui() -> None:
            demande = RequestFactory().get("/")
            demande.session = SessionStore(cle)
            identifier.process_request(demande)
            if demande.user != gestionnaire or not membres_de(demande):
                sys.exit("Personne n'est connecté : cette mesure ne dirait rien.")

        with CaptureQueriesContext(connection) as identite:
            qui()
        qui_en = len(identite)
        executer(archivee, Operation.ARCHIVER, par=gestionnaire)
        executer(Session.objects.get(pk=archivee.pk), Operation.DESARCHIVER, par=gestionnaire)
        fiches = {PAIRES[0]: session, PAIRES[1]: archivee}
        requetes = {
            paire: [poster(fiche, operation) for operation in paire] for paire, fiche in fiches.items()
        }
        gestes = {", ".join(p): (lambda p=p, f=f: aller_retour(f, p)) for p, f in fiches.items()}
        vide = {
            VIDE: lambda: [client.get("/aide/navigateurs/") for _ in range(2)],
            QUI: lambda: [qui() for _ in range(2)],
        }
        mesures = comparer({TEMOIN: temoin, **vide, **gestes}, fois)
        version = Session.objects.get(pk=session.pk).version
        if version < fois:
            sys.exit("Les opérations n'ont rien fait : cette mesure ne dirait rien.")
    dire("| Une opération, par formulaire | requêtes | processeur, ms | fois le témoin (de – à) |")
    dire("|---|---:|---:|---:|")
    dire(f"| {TEMOIN} | 4 | {statistics.median(mesures[TEMOIN]) / 2:.1f} | 1 |")
    noter("operation_requetes", [max(max(comptees) for comptees in requetes.values())])
    # Of the two pairs, the one that costs more.
    noter(
        "operation",
        max((rapports(mesures, ", ".join(paire), TEMOIN) for paire in PAIRES), key=statistics.median),
    )
    noter("identite_requetes", [qui_en])
    noter("identite", [ms / 2 for ms in mesures[QUI]])
    noms = {QUI: [qui_en], VIDE: [2, 2], **{", ".join(paire): requetes[paire] for paire in PAIRES}}
    for nom, comptees in noms.items():
        mediane, moins, plus = rapport(mesures, nom, TEMOIN)
        dire(
            f"| {nom} | {', '.join(map(str, comptees))} | {statistics.median(mesures[nom]) / 2:.1f} |"
            f" {mediane:.1f} ({moins:.1f} – {plus:.1f}) |"
        )


if __name__ == "__main__":
    main()
