"""Deployments in the middle of a night, of a lot and of an import, while a program writes and somebody reads.

    ./run bench deploiement            40,000 sessions in the night, 20,000 in the lot, 6,000 lines of import
    ./run bench deploiement --petit    4,000, 2,000 and 500

The web server behind nginx, the worker and beat of docker-compose.yml, a PostgreSQL and a Redis of their own.
Every other deployment is the one of docs/exploitation/mettre-a-jour.md: a second web server is healthy before
the first one stops, and every answer is 200. The others stop everything at once, as a cut of the current or a
plain `docker compose up -d` does: every answer is 200, or 503 in French. What runs in the worker is killed a
second after it was asked to end (docker-compose.yml gives a minute). At the end, everything was done, and
once: what the night publishes, each session of the lot with its line of history, each line of the import.
Exits with 1 when something is broken.
"""

import argparse
import contextlib
import datetime as dt
import json
import os
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))

from tests.replique import Primaire

VAR = Path(tempfile.mkdtemp(prefix="edof-deploiement-"))
VAR.chmod(0o755)
SERVEUR = Primaire(VAR / "primaire")
# What has not ended by then is killed.
GRACE = 1.0

os.environ |= {
    "DATABASE_URL": SERVEUR.url, "EDOF_VAR": str(VAR / "var"), "EDOF_BEAT_SECONDES": "2", "DEBUG": "1",
    "EDOF_SERVICE": "tache", "API_DEBIT_PAR_JETON": "100000/min", "API_DEBIT_PAR_ORGANISME": "100000/min",
}  # fmt: skip

import django

django.setup()

from django.core.management import call_command
from django.db import connection
from django.db.models import Count

from bench._commun import dire, sans_historique
from bench._services import NOM, Services
from bench.charge import peupler
from echanges.execution import demander as demander_l_import
from echanges.models import Etat, Import
from echanges.preparation import deposer, preparer
from edof.horloge import a_l_instant, aujourd_hui, minuit
from lots.execution import demander as demander_le_lot
from lots.models import Issue, LigneDeLot, Lot
from publication.jours import jours_dus
from publication.models import Parution, Passage
from sessions_app.models import Habitude, Session
from tests.api.client import jeton_de
from tests.attaques import Cible, front
from tests.conftest import Monde
from tests.lots.monde import nouveau_lot

# The action that the import adds sessions to.
ACTION = "ACTION-1"


class Quelqu_un(threading.Thread):  # noqa: N801
    """Changes a session and reads the public list, until the end; keeps what was answered."""

    def __init__(self, cible: Cible, cle: int, secret: str) -> None:
        super().__init__(daemon=True)
        self.cible, self.chemin = cible, f"/api/v1/sessions/{cle}/"
        self.entetes = {
            "Authorization": f"Bearer {secret}", "Content-Type": "application/json", "If-Match": "*",
        }  # fmt: skip
        self.codes: Counter[str] = Counter()
        self.acquitte = self.rang = 0
        self.bon_le, self.silence, self.fini = time.monotonic(), 0.0, threading.Event()

    def run(self) -> None:
        """Write some times a second, and read."""
        while not self.fini.wait(0.3):
            self.rang += 1
            corps = json.dumps({"modalites_particulieres": f"n{self.rang}"}).encode()
            if self._demander("PATCH", self.chemin, corps, self.entetes):
                self.acquitte = self.rang
            if self.rang % 5 == 0:
                self._demander("GET", "/formations/")

    def _demander(self, methode: str, chemin: str, *reste: object) -> bool:
        code, corps, _, _ = self.cible(methode, chemin, *reste)  # type: ignore[arg-type]
        en_francais = "indisponible" in corps.decode(errors="replace")
        self.codes["503 sans phrase" if code == 503 and not en_francais else str(code)] += 1
        if code == 200:
            instant = time.monotonic()
            self.silence, self.bon_le = max(self.silence, instant - self.bon_le), instant
        return code == 200

    def vus(self) -> tuple[float, int]:
        """Return the longest time without a 200 since the last call, and how many answers were another."""
        silence, autres = self.silence, self.codes.total() - self.codes["200"]
        self.silence = 0.0
        return silence, autres


class Travaux:
    """The night, the lot and the import: how far each is, and what is broken at the end."""

    def __init__(self, monde: Monde, lot: Lot, importation: Import, nuit: int) -> None:
        self.monde, self.lot, self.importation, self.nuit = monde, lot, importation, nuit

    def avances(self) -> dict[str, float]:
        """Return the part of each that is done."""
        passage = Passage.objects.first()
        faites = self.lot.lignes.exclude(issue="").count()
        appliquees = self.importation.lignes.exclude(issue="").count()
        connection.close()
        return {
            "nuit": 1 if passage and passage.termine_le else passage.traitees / self.nuit if passage else 0,
            "lot": faites / self.lot.nombre,
            "import": appliquees / self.importation.nombre,
        }

    def finis(self) -> bool:
        """Return whether the three have ended."""
        self.lot.refresh_from_db()
        self.importation.refresh_from_db()
        passage = Passage.objects.first()
        return bool(
            passage and passage.termine_le and self.lot.fini_le and self.importation.etat == Etat.APPLIQUE
        )

    def casses(self) -> list[str]:
        """Return what was lost, and what was done twice."""
        passage = Passage.objects.get()
        parues = Parution.objects.count()
        evenements = Session.pgh_event_model.objects.filter(  # type: ignore[attr-defined]
            pgh_context=self.lot.contexte
        )
        ouvertes = evenements.values("pgh_obj_id").annotate(n=Count("pk"))
        creees = Session.objects.filter(identifiant__startswith="IMPORT-")
        vrais = {
            f"{parues} parutions, {passage.parues} dites, {self.nuit} attendues": (
                parues == passage.parues == self.nuit
            ),
            f"{passage.erreurs} sessions en erreur": not passage.erreurs,
            "lot : lignes non faites": not self.lot.lignes.exclude(issue=Issue.FAITE).exists(),
            f"lot : {ouvertes.count()} sessions dans l'historique": ouvertes.count() == self.lot.nombre,
            "lot : une session ouverte deux fois": not ouvertes.filter(n__gt=1).exists(),
            f"import : {creees.count()} sessions": creees.count() == self.importation.nombre,
            f"import : il dit {self.importation.bilan}": (
                self.importation.bilan.get("creees") == self.importation.nombre
            ),
        }
        return [dit for dit, vrai in vrais.items() if not vrai]


def preparer_les_travaux(sessions: int, lot: int, lignes: int) -> Travaux:
    """Make the catalogue, and ask for the lot and the import; the night is due by itself.

    Before five in the morning it is that of the day before.
    """
    (jour,) = jours_dus()
    with a_l_instant(minuit(jour - dt.timedelta(1)) + dt.timedelta(hours=12)):
        monde, _ = peupler(sessions)
        Habitude.objects.create(organisme=monde.organisme, contact=monde.contact, adresse=monde.lieu)
    # Closed at midnight, since before: the night has nothing to say of those that the lot opens, nor of the
    # one that the program changes, the last.
    fermees = Session.objects.filter(pk__in=Session.objects.order_by("-pk").values("pk")[: lot + 1])
    with sans_historique(Session):
        fermees.update(ouverte=False, ouverte_depuis=None)
    a_ouvrir = Session.objects.filter(ouverte=False).order_by("pk")[:lot]
    le_lot = nouveau_lot(monde, "ouvrir", Session.objects.filter(pk__in=a_ouvrir.values("pk")).order_by("pk"))
    debut = aujourd_hui() + dt.timedelta(70)
    dates = f"{debut:%d/%m/%Y};{debut + dt.timedelta(5):%d/%m/%Y}"
    texte = "".join(f"{ACTION};IMPORT-{n};{dates};oui\n" for n in range(lignes))
    importation = Import(organisme=monde.organisme, par=monde.gestionnaire, nom="p.csv")
    preparer(deposer(importation, [f"Action;Session;Du;Au;Garantie\n{texte}".encode()]))
    importation.refresh_from_db()
    nuit = Session.objects.filter(ouverte=True).count()
    if not (demander_le_lot(le_lot) and demander_l_import(importation, mode="valides")):
        sys.exit(f"L'import n'est pas prêt : {importation.etat}")
    return Travaux(monde, le_lot, importation, nuit)


def jusqu_a(vrai: Callable[[], bool], au_plus: float) -> float:
    """Return after how many seconds it is true; exit when it takes too long."""
    debut = time.monotonic()
    while time.monotonic() - debut < au_plus:
        if vrai():
            return time.monotonic() - debut
        time.sleep(0.2)
    sys.exit(f"Toujours pas après {au_plus:.0f} s\n" + (VAR / "worker.log").read_text()[-4_000:])


def deployer(travaux: Travaux, services: Services, quelqu_un: Quelqu_un, fois: int) -> list[str]:
    """Replace everything, each time that something has moved, until all is done; return what was broken."""
    dire("| | nuit | lot | import | tués | de retour après | la plus longue attente | 503 |")
    dire("|---|---:|---:|---:|---:|---:|---:|---:|")
    casses = []
    for rang in range(fois):
        avant = travaux.avances()
        jusqu_a(lambda depuis=avant: travaux.finis() or travaux.avances() != depuis, 300)  # type: ignore[misc]
        vus = travaux.avances()
        _, deja = quelqu_un.vus()
        documente = rang % 2 == 0
        tues = services.remplacer(GRACE) if documente else services.arreter(GRACE)
        debut = time.monotonic()
        if not documente:
            services.demarrer()
        retour = jusqu_a(lambda depuis=debut: quelqu_un.bon_le > depuis, 120)  # type: ignore[misc]
        silence, autres = quelqu_un.vus()
        if documente and autres > deja:
            casses.append(f"{autres - deja} réponses autres que 200 pendant le déploiement documenté")
        parts = " | ".join(f"{100 * part:.0f} %" for part in vus.values())
        nom = "documenté" if documente else "tout arrêté"
        dire(f"| {nom} | {parts} | {tues} | {retour:.1f} s | {silence:.1f} s | {autres - deja} |")
    dire(f"\nTout est fini {jusqu_a(travaux.finis, 900):.0f} s après le dernier")
    return casses


def main() -> None:
    """Read the command line, deploy, and exit with 1 when something was broken."""
    brut = argparse.RawDescriptionHelpFormatter
    ligne = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    ligne.add_argument("--petit", action="store_true")
    ligne.add_argument("--fois", type=int, default=6)
    demande = ligne.parse_args()
    if absents := [outil for outil in ("redis-server", "nginx") if not shutil.which(outil)]:
        dire(f"Absents : {', '.join(absents)}")
        return
    (VAR / "var").mkdir(exist_ok=True)
    SERVEUR.effacer()
    with SERVEUR.en_usage(), contextlib.ExitStack() as pile:
        pile.callback(SERVEUR.effacer)
        call_command("migrate", verbosity=0)
        tailles = (4_000, 2_000, 500) if demande.petit else (40_000, 20_000, 6_000)
        travaux = preparer_les_travaux(*tailles)
        cle = Session.objects.order_by("-pk").values_list("pk", flat=True)[0]
        _, secret = jeton_de(travaux.monde)
        connection.close()
        services = Services(VAR)
        pile.callback(services.fermer)
        services.demarrer()
        for adresse in services.web:
            services.attendre_le_web(adresse)
        devant = pile.enter_context(
            front(Cible(services.port), VAR, nom=NOM, resolveur=services.noms.resolveur)
        )
        quelqu_un = Quelqu_un(devant, cle, secret)
        quelqu_un.start()
        pile.callback(quelqu_un.fini.set)
        casses = deployer(travaux, services, quelqu_un, 3 if demande.petit else demande.fois)
        acquitte = quelqu_un.acquitte
        garde = int(Session.objects.get(pk=cle).modalites_particulieres.removeprefix("n"))
        casses += travaux.casses()
        casses += [f"réponse {code}" for code in quelqu_un.codes if code not in {"200", "503"}]
        casses += [] if garde >= acquitte else [f"perdu : {acquitte} acquitté, {garde} gardé"]
        dire(f"Réponses : {dict(quelqu_un.codes)} ; {LigneDeLot.objects.count()} lignes de lot")
        dire(f"Cassé : {'; '.join(casses) or 'rien'}")
    sys.exit(bool(casses))


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(VAR, ignore_errors=True)
