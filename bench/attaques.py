"""Attacks on the real servers, and what another person's page costs meanwhile.

    ./run bench attaques            300 slow clients, 18 waits for a locked row, 8 × 400 kB of nested markup,
                                     20 clicks,
                                    every charset, 5,000 raw requests
    ./run bench attaques --petit    a tenth of it

Three servers: that of `./run`, that of docker-compose.yml behind its front (where nginx is installed), and
gunicorn alone, which says what the front is for. Exits with 1 when somebody else waits two seconds, or when
an answer is a fault; gunicorn alone may make them wait.
"""

import argparse
import contextlib
import logging
import secrets
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

import hypothesis
from django.db import connection

from catalogue.models import Offre
from sessions_app.models import Session
from tests.api.client import jeton_de
from tests.attaques import (
    CODAGES,
    LENTEURS,
    Cible,
    Quelqu_un_d_autre,
    a_la_fois,
    balises_imbriquees,
    celui_de_compose,
    celui_de_run,
    clients_lents,
    faute_de,
    front,
    ligne_verrouillee,
    requetes_brutes,
    serveur,
)
from tests.conftest import Monde

TROP = 2.0


@contextlib.contextmanager
def derriere_le_front() -> Iterator[Cible]:
    """Start gunicorn as docker-compose.yml does, behind nginx, and yield the target."""
    with (
        serveur(celui_de_compose) as programme,
        tempfile.TemporaryDirectory() as dossier,
        front(programme, Path(dossier)) as cible,
    ):
        yield cible


class Assaut:
    """The attacks on one server, each of which prints its row."""

    def __init__(self, cible: Cible, monde: Monde, *, petit: bool) -> None:
        self.cible, self.monde, self.petit = cible, monde, petit
        self.fautes = 0
        self.entetes = {
            "Authorization": f"Bearer {jeton_de(monde, nom=secrets.token_hex(4))[1]}",
            "Content-Type": "application/json",
            "If-Match": "*",
        }

    def dire(self, nom: str, autre: Quelqu_un_d_autre, fait: str) -> None:
        """Print a row: the times of another user's page, then the result of the attack."""
        trop = autre.mediane > TROP or autre.statuts != {200}
        self.fautes += trop
        durees = f"{autre.mediane * 1000:.0f} ms, au pire {max(autre.durees) * 1000:.0f}"
        print(f"| {nom} | {durees if autre.statuts == {200} else 'sans réponse'} | {fait} |", flush=True)

    def lents(self) -> None:
        """Open connections that begin a request and send nothing more."""
        combien = 30 if self.petit else 300
        for lenteur in LENTEURS:
            with clients_lents(self.cible, combien, lenteur):
                time.sleep(0.3)
                with Quelqu_un_d_autre(self.cible, attente=8) as autre:
                    time.sleep(0.5)
            self.dire(f"{combien} clients lents ({lenteur})", autre, "")

    def pendant(
        self, nom: str, combien: int, demande: Callable[[int], tuple[int, bytes, dict[str, str], float]]
    ) -> list[int]:
        """Send `combien` requests at once, while another user loads a page.

        Return the sorted statuses.
        """
        with Quelqu_un_d_autre(self.cible) as autre, ThreadPoolExecutor(1) as a_part:
            reponses = a_part.submit(a_la_fois, combien, demande).result()
        statuts = sorted(statut for statut, *_ in reponses)
        self.fautes += any(statut == 0 or statut == 500 for statut in statuts)
        bilan = ", ".join(f"{statuts.count(statut)} × {statut}" for statut in dict.fromkeys(statuts))
        self.dire(nom, autre, f"{bilan} ; au pire {max(duree for *_, duree in reponses):.1f} s")
        return statuts

    def verrou(self) -> None:
        """Lock one row, and send requests that wait for it."""
        offre, adresse = self.monde.offre.pk, f"/api/v1/offres/{self.monde.offre.pk}/"
        with ligne_verrouillee(Offre._meta.db_table, offre):
            self.pendant(
                "18 attentes d'une ligne",
                18,
                lambda _: self.cible("PATCH", adresse, b'{"intitule": "X"}', self.entetes),
            )

    def balises(self) -> None:
        """Send nested markup in a light text."""
        octets = 40_000 if self.petit else 400_000
        corps, adresse = balises_imbriquees(octets), f"/api/v1/actions/{self.monde.action.pk}/?dry_run=true"
        self.pendant(
            f"8 × {octets // 1000} ko de balises",
            8,
            lambda _: self.cible("PATCH", adresse, corps, self.entetes),
        )

    def clics(self) -> None:
        """Send the same click twenty times at once; exactly one must succeed."""
        session = self.monde.session(secrets.token_hex(4))
        version = f'"{Session.objects.get(pk=session.pk).version}"'
        entetes = self.entetes | {"If-Match": version}
        statuts = self.pendant(
            "20 clics à la fois",
            20,
            lambda _: self.cible("POST", f"/api/v1/sessions/{session.pk}/ouvrir/", b"", entetes),
        )
        self.fautes += statuts.count(200) != 1

    def codages(self) -> None:
        """Send requests with every charset that Python knows, and with unknown ones."""
        demande = (
            "GET /connexion/ HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Type: text/plain;"
            " charset={}\r\n\r\n"
        )
        fautes = [
            faute
            for codage in CODAGES
            if (faute := faute_de(self.cible, demande.format(codage).encode("latin-1")))
        ]
        self.fautes += len(fautes)
        print(f"| {len(CODAGES)} codages | | {len(fautes)} fautes |", flush=True)

    def octets(self) -> None:
        """Send raw requests of any kind."""
        combien, fautes = 500 if self.petit else 5_000, []

        @hypothesis.settings(
            max_examples=combien,
            deadline=None,
            database=None,
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(requetes_brutes((f"Authorization: {self.entetes['Authorization']}",)))
        def essayer(demande: bytes) -> None:
            if faute := faute_de(self.cible, demande):
                fautes.append(faute)

        essayer()
        self.fautes += len(fautes)
        print(f"| {combien} requêtes quelconques | | {len(fautes)} fautes |", *fautes[:3], flush=True)


def main() -> None:
    """Read the command line, attack, print the table."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    petit = lecteur.parse_args().petit
    connection.settings_dict["TEST"]["NAME"] = f"edof_attaques_{secrets.token_hex(4)}"
    origine, fautes = connection.settings_dict["NAME"], 0
    connection.creation.create_test_db(verbosity=0)
    try:
        monde = Monde()
        for nom, ouvrir in (
            ("./run", lambda: serveur(celui_de_run)),
            ("docker-compose.yml, derrière son front", derriere_le_front),
            ("gunicorn seul", lambda: serveur(celui_de_compose)),
        ):
            if ouvrir is derriere_le_front and not shutil.which("nginx", path="/usr/sbin:/usr/bin"):
                print("\nnginx n'est pas installé : son tour est passé.")
                continue
            print(
                f"\n{nom}\n\n| Attaque | La page d'un autre | Ce que l'attaque reçoit |\n|---|---:|---|",
                flush=True,
            )
            with ouvrir() as cible:
                assaut = Assaut(cible, monde, petit=petit)
                assaut.lents()
                if nom == "gunicorn seul":
                    continue
                for attaque in (assaut.verrou, assaut.balises, assaut.clics, assaut.codages, assaut.octets):
                    attaque()
                fautes += assaut.fautes
    finally:
        connection.creation.destroy_test_db(origine, verbosity=0)
    print(f"\n{fautes} fautes")
    sys.exit(bool(fautes))


if __name__ == "__main__":
    main()
