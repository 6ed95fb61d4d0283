"""Clocks that move: that of the machine of the worker and of beat, then that of PostgreSQL.

    ./run bench horloge            a night of 5,000 sessions while the clock jumps back and forth
    ./run bench horloge --petit    of 300

The worker and beat of docker-compose.yml, a Redis and a PostgreSQL of their own, as in production; a library
(bench/_horloge.c) gives the program and the database the hour of a file each. One night after the other, each
with a session more to publish: what the register says, what is public and what the « Corbeille » keeps are
compared with what a right clock gives. Exits with 1 when something differs.
"""

import argparse
import contextlib
import datetime as dt
import itertools
import os
import secrets
import shlex
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

RACINE = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(RACINE))

from tests.replique import Primaire

VAR = Path(tempfile.mkdtemp(prefix="edof-horloge-"))
VAR.chmod(0o755)
BIBLIOTHEQUE = VAR / "horloge.so"


def sous_une_heure(fichier: Path) -> dict[str, str]:
    """Return the variables of a process whose clock is `fichier`."""
    return {"LD_PRELOAD": str(BIBLIOTHEQUE), "HORLOGE": str(fichier)}


class Decale(Primaire):
    """A PostgreSQL whose clock is a file."""

    def _demarrer(self) -> None:
        ajoutees = sous_une_heure(VAR / "base")
        os.environ |= ajoutees
        try:
            super()._demarrer()
        finally:
            for nom in ajoutees:
                del os.environ[nom]


SERVEUR = Decale(VAR / "primaire")
os.environ |= {
    "DATABASE_URL": SERVEUR.url, "EDOF_VAR": str(VAR / "var"), "EDOF_SERVICE": "tache", "DEBUG": "1",
}  # fmt: skip

import django
import yaml

django.setup()

from django.core.management import call_command
from django.db import connection

from bench._commun import dire
from catalogue.models import Suppression
from edof.horloge import a_l_instant, aujourd_hui, instant_de_la_base, jour_de, maintenant, minuit
from publication.avance import dernier_jour_en_avance, revenir
from publication.models import Parution, Passage
from tests.conftest import Monde
from tests.outils import port_libre

COMPOSE = yaml.safe_load((RACINE / "docker-compose.yml").read_text())["services"]
AU_PLUS = 240
# The clocks begin at noon, whatever the hour at which this is run: the night of the day is due.
MIDI = (minuit(aujourd_hui()) + dt.timedelta(hours=12) - maintenant()) / dt.timedelta(days=1)


def regler(quoi: str, jours: float) -> None:
    """Put a clock so many days ahead of that of this machine."""
    with (VAR / quoi).open("r+b") as fichier:
        fichier.write(struct.pack("l", round(jours * 86_400)))


def jusqu_a(vrai: Callable[[], bool]) -> float:
    """Return after how many seconds it is true; exit when it takes too long."""
    debut = time.monotonic()
    while time.monotonic() - debut < AU_PLUS:
        if vrai():
            return time.monotonic() - debut
        time.sleep(0.2)
    journaux = "\n".join(j.read_text(errors="replace")[-3_000:] for j in VAR.glob("*.log"))
    sys.exit(f"Toujours pas après {AU_PLUS} s\n{journaux}")


class Nuits:
    """The nights, one after the other, and what each leaves."""

    def __init__(self) -> None:
        self.redis, self.jour, self.attendues = port_libre(), MIDI - 1, 0
        self.casses: list[str] = []
        self.processus: list[subprocess.Popen[bytes]] = []
        self.courtier = subprocess.Popen(
            ["redis-server", "--port", str(self.redis), "--save", "", "--dir", str(VAR)],
            stdout=subprocess.DEVNULL,
        )
        with a_l_instant(instant_de_la_base() - dt.timedelta(days=2)):
            self.monde = Monde()

    def lancer(self) -> None:
        """Start the worker and beat, as in production."""
        autour = os.environ | sous_une_heure(VAR / "machine")
        autour |= {
            "REDIS_URL": f"redis://127.0.0.1:{self.redis}/0", "SECRET_KEY": secrets.token_urlsafe(48),
            "EDOF_BEAT_SECONDES": "2",
        }  # fmt: skip
        del autour["DEBUG"]
        for nom in ("worker", "beat"):
            mots = shlex.split(COMPOSE[nom]["command"].replace("/tmp/", f"{VAR}/"))
            with (VAR / f"{nom}.log").open("ab") as journal:
                self.processus.append(
                    subprocess.Popen(
                        [sys.executable, "-m", *mots], cwd=RACINE, env=autour, stdout=journal,
                        stderr=journal, process_group=0,
                    )
                )  # fmt: skip

    def arreter(self) -> None:
        """Kill the worker and beat."""
        for un in self.processus:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(un.pid, signal.SIGKILL)
            un.wait()
        self.processus.clear()

    def preparer(self, sessions: int = 1) -> None:
        """Make what the next night publishes, and what nobody may delete meanwhile."""
        instant = instant_de_la_base()
        with a_l_instant(instant - dt.timedelta(hours=1)):
            for _ in range(sessions):
                self.attendues += 1
                debut = jour_de(instant) + dt.timedelta(days=300)
                self.monde.session(
                    f"s{self.attendues}", ouverte=True, date_debut=debut,
                    date_fin=debut + dt.timedelta(days=5),
                )  # fmt: skip
        Suppression.objects.all().delete()
        Suppression.objects.create(
            organisme=self.monde.organisme, contexte=uuid.uuid4(), niveau="session", identifiant="v",
            intitule="v", supprimee_le=instant - dt.timedelta(days=10),
        )  # fmt: skip
        connection.close()

    def publiee(self) -> bool:
        """Return whether the day of the database is published."""
        fini = Passage.objects.finis().first()
        jour = jour_de(instant_de_la_base())
        connection.close()
        return fini is not None and fini.jour >= jour

    def constater(self, nom: str, secondes: float, deja: int) -> None:
        """Print what was seen, and keep what differs."""
        jours = list(Passage.objects.order_by("jour").values_list("jour", flat=True))
        publiques = Parution.objects.ouvertes().count()
        parues = sum(Passage.objects.values_list("parues", flat=True))
        vrais = {
            "un jour manque ou est double": all(
                apres - avant == dt.timedelta(1) for avant, apres in itertools.pairwise(jours)
            ),
            f"le registre va jusqu'au {jours[-1]}": jours[-1] == jour_de(instant_de_la_base()),
            f"{publiques} publiques, {parues} parues, {self.attendues} attendues": (
                publiques == parues == self.attendues
            ),
            "parue trop tôt": not Parution.objects.filter(du__gt=jour_de(instant_de_la_base())).exists(),
            "la corbeille est vidée": Suppression.objects.count() == 1,
        }
        casses = [dit for dit, vrai in vrais.items() if not vrai]
        connection.close()
        self.casses += [f"{nom} : {dit}" for dit in casses]
        dire(f"| {nom} | {len(jours) - deja} | {secondes:.1f} s | {'; '.join(casses) or 'rien'} |")

    def nuit(self, nom: str, machine: float, *, sessions: int = 1, jours: int = 1) -> None:
        """Live until the next midnight, the clock of the machine being so many days off; see what is done."""
        deja = Passage.objects.count()
        self.preparer(sessions)
        self.jour += jours
        regler("machine", self.jour + machine)
        regler("base", self.jour)
        if not self.processus:
            self.lancer()
        self.constater(nom, jusqu_a(self.publiee), deja)

    @contextlib.contextmanager
    def secouee(self) -> Iterator[None]:
        """Have the clock of the machine jump a month forward, back, and two hours back, all the time."""
        fini = threading.Event()

        def secouer() -> None:
            for ecart in itertools.cycle((30.0, 0.0, -2 / 24, -30.0)):
                regler("machine", self.jour + ecart)
                if fini.wait(0.15):
                    return

        fil = threading.Thread(target=secouer)
        fil.start()
        try:
            yield
        finally:
            fini.set()
            fil.join()

    def base_en_avance(self, jours: int, *, publie: bool) -> None:
        """Have the clock of the database jump forward, wait, and put it back, as a person then does."""
        deja, avant = Passage.objects.count(), self.etat()
        self.preparer(0)
        regler("base", self.jour + jours)
        if publie:
            secondes = jusqu_a(self.publiee)
        else:
            secondes = 20.0
            time.sleep(secondes)
        vus = Passage.objects.count() - deja
        regler("base", self.jour)
        nom = f"celle de PostgreSQL avance de {jours} jours"
        if bool(dernier_jour_en_avance()) != publie or bool(vus) != publie:
            self.casses.append(f"{nom} : {vus} jours publiés")
        revenir(par="mesure")
        if self.etat() != avant:
            self.casses.append(f"{nom} : ce qui était public n'est pas rendu")
        self.constater(f"{nom}, puis revient ({vus} jours publiés, rendus)", secondes, deja)

    def etat(self) -> list[object]:
        """Return what the runs have written."""
        parutions = Parution.objects.order_by("session_id", "du").values_list("session_id", "du", "au")
        return [*parutions, *Passage.objects.order_by("jour").values_list("jour", "parues", "retirees")]


def vivre(nuits: Nuits, sessions: int) -> None:
    """Live the nights."""
    dire("| Horloge | nuits | publié après | cassé |")
    dire("|---|---:|---:|---|")
    nuits.nuit("à l'heure ; le worker et beat démarrent", 0)
    nuits.nuit("celle de la machine retarde de six heures", -0.25)
    nuits.nuit("elle retarde d'un mois", -30)
    nuits.nuit("elle avance d'un mois", 30)
    nuits.nuit("elle revient d'un mois", 0)
    with nuits.secouee():
        nuits.nuit(f"elle saute sans cesse, pendant {sessions} parutions", 0, sessions=sessions)
    nuits.base_en_avance(10, publie=True)
    nuits.nuit("celle de PostgreSQL revenue, la nuit suivante", 0)
    nuits.base_en_avance(40, publie=False)
    nuits.nuit("celle de PostgreSQL revenue, la nuit suivante", 0)
    deja = Passage.objects.count()
    nuits.preparer(0)
    regler("base", nuits.jour - 2)
    time.sleep(10)
    regler("base", nuits.jour)
    nuits.constater("celle de PostgreSQL retarde de deux jours, dix secondes", 10, deja)
    nuits.nuit("la nuit suivante", 0)
    nuits.arreter()
    nuits.nuit("worker et beat arrêtés une semaine", 0, jours=7)


def main() -> None:
    """Read the command line, live the nights, and exit with 1 when something was broken."""
    brut = argparse.RawDescriptionHelpFormatter
    ligne = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    ligne.add_argument("--petit", action="store_true")
    demande = ligne.parse_args()
    if absents := [outil for outil in ("redis-server", "cc") if not shutil.which(outil)]:
        dire(f"Absents : {', '.join(absents)}")
        return
    subprocess.run(
        ["cc", "-shared", "-fPIC", "-O2", "-o", str(BIBLIOTHEQUE), str(RACINE / "bench" / "_horloge.c")],
        check=True,
    )
    (VAR / "var").mkdir(exist_ok=True)
    for quoi in ("base", "machine"):
        (VAR / quoi).write_bytes(bytes(8))
        regler(quoi, MIDI - 1)
    SERVEUR.effacer()
    with SERVEUR.en_usage(), contextlib.ExitStack() as pile:
        pile.callback(SERVEUR.effacer)
        call_command("migrate", verbosity=0)
        nuits = Nuits()
        pile.callback(nuits.courtier.kill)
        pile.callback(nuits.arreter)
        vivre(nuits, 300 if demande.petit else 5_000)
    dire(f"Cassé : {'; '.join(nuits.casses) or 'rien'}")
    sys.exit(bool(nuits.casses))


if __name__ == "__main__":
    try:
        main()
    finally:
        shutil.rmtree(VAR, ignore_errors=True)
