"""Readers of the public side and people at work, at once, and how long each waits.

    ./run bench charge            200 readers and 50 people, ten minutes, over 100,000 sessions, with a night
    ./run bench charge --petit    10 readers and 3 people, ten seconds, over 2,000 sessions, with a night

The web server of docker-compose.yml, over a scratch database, and a Redis of its own when the machine has
one. A reader searches, reads a formation, asks for it again as a browser does, and thinks for some seconds; a
person opens the catalogue, searches it, consults a session, opens or closes it. In the middle, a night is
published in which every session has changed. Prints p50, p95 and the worst of each page, the faults, and the
memory of the server. Exits with 1 on a fault; the aims (p95 of 500 ms for pages, 300 for searches) are
printed beside, as they depend on the machine.
"""

import argparse
import datetime as dt
import logging
import os
import random
import re
import statistics
import sys
import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlencode

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
logging.disable(logging.WARNING)
settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

from django.core.management import call_command
from django.db import connection
from django.test import Client

from bench._commun import base_jetable, dire, multiplier, sans_historique
from bench._national import MOTS, phrase
from bench._redis import redis_a_part
from edof.horloge import a_l_instant, aujourd_hui, minuit
from publication.passages import publier
from sessions_app.models import Session
from tests.attaques import Cible, celui_de_compose, serveur
from tests.conftest import Monde

# The words of titles, each in a tenth of the offres, and one that all of them have.
CHERCHES = (*MOTS, "professionnel")
BUTS = {"recherche": 300, "page": 500}


class Releve:
    """What was waited for, by kind of page, and the answers that are faults."""

    def __init__(self) -> None:
        # {kind of page: [(when it was answered, how long it took in ms)]}.
        self.durees: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
        self.fautes: Counter[str] = Counter()
        self.verrou = threading.Lock()

    def noter(self, nature: str, code: int, duree: float) -> None:
        """Keep an answer."""
        with self.verrou:
            self.durees[nature].append((time.monotonic(), 1000 * duree))
            if code not in {200, 302, 303, 304, 412, 422}:
                self.fautes[f"{nature} : {code}"] += 1


class Quelqu_un(threading.Thread):  # noqa: N801
    """Somebody who asks for pages and thinks between them, until the end."""

    # How many pages a round has.
    PAGES = 1

    def __init__(self, cible: Cible, releve: Releve, graine: int, fin: float, pause: float) -> None:
        super().__init__(daemon=True)
        self.cible, self.releve, self.fin, self.pause = cible, releve, fin, pause
        self.hasard = random.Random(graine)
        # Each has an address of its own: the proxy in front writes it.
        self.entetes = {"X-Forwarded-For": f"10.{graine >> 16 & 255}.{graine >> 8 & 255}.{graine & 255}"}

    def demander(
        self, nature: str, chemin: str, corps: dict[str, str] | None = None, **entetes: str
    ) -> tuple[int, bytes, dict[str, str]]:
        """Ask for a page; keep how long it took; think."""
        envoi = None if corps is None else urlencode(corps).encode()
        toutes = self.entetes | entetes
        if envoi is not None:
            toutes["Content-Type"] = "application/x-www-form-urlencoded"
        code, lu, rendues, duree = self.cible("POST" if envoi is not None else "GET", chemin, envoi, toutes)
        self.releve.noter(nature, code, duree)
        time.sleep(self.hasard.uniform(0.5, 1.5) * self.pause)
        return code, lu, rendues

    def chercher(self) -> str:
        """Return the parameter that searches a word."""
        return urlencode({"q": self.hasard.choice(CHERCHES)})

    def run(self) -> None:
        """Go round again and again."""
        # All come within a round, so that its first page is no more asked for at first than later.
        time.sleep(self.hasard.uniform(0, self.PAGES * self.pause))
        while time.monotonic() < self.fin:
            self.tour()

    def tour(self) -> None:
        """Go round once."""
        raise NotImplementedError


class Lecteur(Quelqu_un):
    """A reader of the public side."""

    PAGES = 3

    def tour(self) -> None:
        """Search, read a formation, ask for it again."""
        _, page, _ = self.demander("recherche", f"/formations/?{self.chercher()}")
        if liens := re.findall(rb'href="(/formations/\d[^"?#]*)"', page):
            lien = self.hasard.choice(liens).decode()
            _, _, rendues = self.demander("page publique", lien)
            if etag := rendues.get("ETag"):
                self.demander("page publique, la même (304)", lien, **{"If-None-Match": etag})


class Membre(Quelqu_un):
    """A person of the organisme, signed in."""

    PAGES = 4
    cookies = ""
    sessions: list[int] = []  # noqa: RUF012

    def tour(self) -> None:
        """Open the catalogue, search it, consult a session, open or close it."""
        avec = {"Cookie": self.cookies}
        self.demander("catalogue", "/catalogue/", **avec)
        self.demander("recherche du catalogue", f"/catalogue/?{self.chercher()}", **avec)
        cle = self.hasard.choice(self.sessions)
        _, page, _ = self.demander("consulter", f"/catalogue/sessions/{cle}/", **avec)
        if jeton := re.search(rb'name="csrfmiddlewaretoken"[^>]*value="([^"]+)"', page):
            geste = self.hasard.choice(("ouvrir", "fermer"))
            corps = {"csrfmiddlewaretoken": jeton[1].decode()}
            self.demander("opération", f"/catalogue/sessions/{cle}/{geste}/", corps, **avec)


def memoire(port: int) -> float:
    """Return the megabytes that the processes of the web server hold, shared pages counted once for each."""
    total = 0
    for dossier in Path("/proc").glob("[0-9]*"):
        try:
            if f"127.0.0.1:{port}".encode() in (dossier / "cmdline").read_bytes():
                total += int(re.search(r"Pss:\s+(\d+)", (dossier / "smaps_rollup").read_text())[1])  # type: ignore[index]
        except (OSError, TypeError):
            continue
    return total / 1024


def peupler(combien: int) -> tuple[Monde, list[int]]:
    """Make an organisme of so many open sessions, five to an action, a hundred to an offre; return keys."""
    monde = Monde()
    modele = monde.session("modele", ouverte=True)
    offre, action = type(monde.offre), type(monde.action)
    with sans_historique(offre, action, Session):
        multiplier(
            offre, "catalogue_offre AS m, generate_series(1, %s) AS n WHERE m.id = %s",
            [max(1, combien // 100), monde.offre.pk], identifiant="'O' || n", intitule=phrase("n", 3),
        )  # fmt: skip
        multiplier(
            action,
            "catalogue_action AS m, generate_series(1, 20) AS n, catalogue_offre AS o WHERE m.id = %s"
            " AND o.id <> m.offre_id",
            [monde.action.pk], identifiant="'A' || o.id || '-' || n", offre="o.id",
        )  # fmt: skip
        multiplier(
            Session,
            "sessions_app_session AS m, generate_series(1, 5) AS n, catalogue_action AS a WHERE m.id = %s"
            " AND a.id <> m.action_id",
            [modele.pk], identifiant="'S' || a.id || '-' || n", action="a.id",
            ouverte_depuis="m.ouverte_depuis - interval '1 day'",
            date_debut="m.date_debut + (a.id * 13 + n * 29)::integer %% 200",
            date_fin="m.date_fin + (a.id * 13 + n * 29)::integer %% 200",
        )  # fmt: skip
    with connection.cursor() as curseur:
        curseur.execute("VACUUM ANALYZE")
    return monde, list(Session.objects.order_by("?").values_list("pk", flat=True)[:500])


def tout_changer(instant: dt.datetime) -> None:
    """Change every session before the midnight of the night, without its history."""
    with sans_historique(Session):
        Session.objects.update(garantie=False, modifie_le=instant)


def entrer(monde: Monde) -> str:
    """Sign in; return the cookies."""
    client = Client(headers={"host": "localhost"})
    client.post(
        "/connexion/", {"username": monde.gestionnaire.courriel, "password": "demo-edof-mot-de-passe"}
    )
    client.get("/catalogue/")
    return "; ".join(f"{nom}={temoin.value}" for nom, temoin in client.cookies.items())


def _avec(prise: str) -> dict[str, str]:
    """Return the variables of the server that has this Redis."""
    return {"REDIS_URL": f"redis+socket://{prise}"} if prise else {}


def raconter(releve: Releve, secondes: float, debut: float, fin: float) -> None:
    """Print the table; `debut` and `fin` are those of the night."""
    dire("| Page | nombre | p50, ms | p95, ms | pire, ms | but | pendant la nuit : nombre | p50 | p95 |")
    dire("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for nature, lues in sorted(releve.durees.items()):
        durees = [duree for _, duree in lues]
        la_nuit = [duree for quand, duree in lues if debut <= quand <= fin]
        but = BUTS["recherche" if "recherche" in nature else "page"]
        dire(
            f"| {nature} | {len(durees)} | {statistics.median(durees):.0f} | {p95(durees):.0f} |"
            f" {max(durees):.0f} | {but} | {len(la_nuit)} |"
            f" {statistics.median(la_nuit or [0]):.0f} | {p95(la_nuit or [0]):.0f} |"
        )
    dire("\n| Minute | nombre | pages : p50 | p95 | recherches : p50 | p95 |")
    dire("|---|---:|---:|---:|---:|---:|")
    for minute, durees in sorted(_par_minute(releve, secondes).items()):
        nombre = sum(map(len, durees.values()))
        pages, recherches = durees["page"] or [0], durees["recherche"] or [0]
        dire(
            f"| {minute + 1} | {nombre} | {statistics.median(pages):.0f} | {p95(pages):.0f} |"
            f" {statistics.median(recherches):.0f} | {p95(recherches):.0f} |"
        )
    total = sum(map(len, releve.durees.values()))
    dire(
        f"\n{total} réponses, {total / secondes:.1f} par seconde ; fautes : {dict(releve.fautes) or 'aucune'}"
    )


def _par_minute(releve: Releve, secondes: float) -> dict[int, dict[str, list[float]]]:
    """Return how long each answer took, by the minute in which it came and by aim.

    What comes after the end counts in the last minute.
    """
    fin = max(quand for lues in releve.durees.values() for quand, _ in lues)
    par_minute: dict[int, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for nature, lues in releve.durees.items():
        for quand, duree in lues:
            depuis = secondes - (fin - quand)
            minute = int(min(max(depuis, 0), secondes - 1) // 60)
            par_minute[minute]["recherche" if "recherche" in nature else "page"].append(duree)
    return par_minute


def p95(durees: list[float]) -> float:
    """Return the duration that nineteen in twenty do not exceed."""
    return sorted(durees)[len(durees) * 19 // 20]


def main() -> None:
    """Read the command line, make the sessions, have everybody work, and print how long they waited."""
    brut = argparse.RawDescriptionHelpFormatter
    ligne = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    ligne.add_argument("--petit", action="store_true")
    ligne.add_argument("--sessions", type=int, default=100_000)
    ligne.add_argument("--lecteurs", type=int, default=200)
    ligne.add_argument("--membres", type=int, default=50)
    ligne.add_argument("--secondes", type=int, default=600)
    ligne.add_argument("--pause", type=float, default=8.0, help="secondes entre deux pages de quelqu'un")
    demande = ligne.parse_args()
    if demande.petit:
        demande.sessions, demande.lecteurs, demande.membres = 2_000, 10, 3
        demande.secondes, demande.pause = 10, 1.0
    os.environ["PROXYS"] = "1"
    with base_jetable(None, False):
        call_command("migrate", verbosity=0)
        jour = aujourd_hui()
        with a_l_instant(minuit(jour - dt.timedelta(2)) + dt.timedelta(hours=12)):
            monde, sessions = peupler(demande.sessions)
        with a_l_instant(minuit(jour - dt.timedelta(1)) + dt.timedelta(hours=5)):
            publier(aujourd_hui(), par="mesure")
        with connection.cursor() as curseur:
            # As the server does by itself within a minute.
            curseur.execute("ANALYZE")
        tout_changer(minuit(jour) - dt.timedelta(hours=1))
        Membre.cookies, Membre.sessions = entrer(monde), sessions
        dire(f"{Session.objects.count()} sessions, {demande.lecteurs} lecteurs, {demande.membres} membres")
        with redis_a_part() as prise, serveur(celui_de_compose, **_avec(prise)) as cible:
            releve, fin = Releve(), time.monotonic() + demande.secondes
            foule: list[Quelqu_un] = [
                (Lecteur if n < demande.lecteurs else Membre)(cible, releve, n + 1, fin, demande.pause)
                for n in range(demande.lecteurs + demande.membres)
            ]
            for quelqu_un in foule:
                quelqu_un.start()
            time.sleep(demande.secondes / 2)
            avant, debut = memoire(cible.port), time.monotonic()
            (passage,) = publier(jour, par="mesure")
            duree = time.monotonic() - debut
            dire(f"Nuit au milieu : {passage.modifiees} sessions modifiées en {duree:.1f} s")
            for quelqu_un in foule:
                quelqu_un.join()
            dire(f"Mémoire du serveur web : {avant:.0f} Mo au milieu, {memoire(cible.port):.0f} à la fin\n")
        raconter(releve, demande.secondes, debut, debut + duree)
    sys.exit(bool(releve.fautes))


if __name__ == "__main__":
    main()
