"""Nightly runs killed with SIGKILL in separate processes, and the invariants of the tables at any instant."""

import datetime as dt
import os
import random
import signal
import time
import warnings
from collections import Counter
from typing import Any

from django.db import connection, connections

from catalogue.cycle_de_vie import executer
from edof.horloge import PARIS, a_l_instant
from organismes.droits import Operation
from organismes.models import Adresse, Contact
from publication.models import Contenu, Parution, Passage, Retenue
from publication.passages import publier
from tests.conftest import Monde

TABLES = [modele._meta.db_table for modele in (Contenu, Parution, Retenue, Passage)]
PREMIER, DERNIER = dt.date(2027, 3, 11), dt.date(2027, 3, 13)

# Each statement lists rows that must not exist. The last two invariants hold because a batch is written and
# counted in one transaction.
ANOMALIES = {
    "deux parutions ouvertes": (
        "SELECT session_id FROM publication_parution WHERE au IS NULL GROUP BY session_id HAVING count(*) > 1"
    ),
    "deux retenues ouvertes": (
        "SELECT session_id FROM publication_retenue WHERE au IS NULL GROUP BY session_id HAVING count(*) > 1"
    ),
    **{
        f"des intervalles qui se recouvrent ({table})": (
            f"SELECT a.id FROM {table} a JOIN {table} b ON a.session_id = b.session_id"
            " AND a.id < b.id AND daterange(a.du, a.au) && daterange(b.du, b.au)"
        )
        for table in ("publication_parution", "publication_retenue")
    },
    **{
        f"un jour qui n'était pas dû ({table})": (
            f"SELECT id FROM {table} WHERE du > '{DERNIER}' OR au > '{DERNIER}'"
        )
        for table in ("publication_parution", "publication_retenue")
    },
    "un jour commencé avant que le précédent soit fini": (
        "SELECT jour FROM publication_passage p WHERE termine_le IS NULL"
        " AND EXISTS (SELECT FROM publication_passage s WHERE s.jour > p.jour)"
    ),
    "un jour sauté": f"SELECT 1 FROM publication_passage HAVING count(*) <> max(jour) - date '{PREMIER}' + 1",
    "une parution au-delà de ce qui est traité": (
        "SELECT t.id FROM publication_parution t LEFT JOIN publication_passage p ON p.jour = t.du"
        " WHERE p.id IS NULL OR t.session_id > p.derniere"
    ),
    "un registre qui ne dit pas ce que disent les tables": (
        "SELECT p.jour FROM publication_passage p LEFT JOIN (SELECT du AS jour, count(*) AS n FROM"
        " publication_parution GROUP BY du) AS debuts USING (jour) LEFT JOIN (SELECT au AS jour, count(*) AS"
        " n FROM publication_parution GROUP BY au) AS fins USING (jour) WHERE p.parues + p.modifiees <>"
        " coalesce(debuts.n, 0) OR p.retirees + p.modifiees <> coalesce(fins.n, 0)"
    ),
    "des retenues que le registre ne compte pas": (
        "SELECT p.jour FROM publication_passage p WHERE termine_le IS NOT NULL AND (SELECT"
        " coalesce(sum(n::int), 0) FROM jsonb_each_text(p.retenues) AS t (raison, n)) <> (SELECT count(*)"
        " FROM publication_retenue r WHERE r.du <= p.jour AND (r.au IS NULL OR r.au > p.jour))"
    ),
}


def sql(requete: str) -> list[Any]:
    """Execute a statement; return its rows, if it has any."""
    with connection.cursor() as curseur:
        curseur.execute(requete)
        return curseur.fetchall() if curseur.description else []


class Scene:
    """A catalogue published once, then two days due at the same time.

    On these days every kind of change happens to some session.
    """

    def __init__(self, nombre: int) -> None:
        jours = [PREMIER + dt.timedelta(days=n) for n in (-1, 0, 1, 2)]
        with self._a(jours[0]):
            self.monde = Monde()
            autre = self.monde.nouvelle_action("ACTION-2")
            self.sessions = [
                self.monde.session(f"s{rang}", action=autre if rang % 4 == 3 else None, ouverte=rang % 4 > 0)
                for rang in range(nombre)
            ]
        with self._a(jours[1]):
            publier(jours[1], par="test")
            self._changer([Operation.OUVRIR, Operation.MODIFIER, Operation.FERMER, None])
            executer(
                autre,
                Operation.MODIFIER,
                par=self.monde.gestionnaire,
                valeurs={"modalites_entrees_sorties": "permanentes"},
            )
        with self._a(jours[2]):
            # Neither run may take into account the end of this day; the second one takes its beginning into
            # account.
            self._changer([Operation.MODIFIER, Operation.FERMER, Operation.OUVRIR, None])
            Contact.objects.get().save()
        with self._a(jours[3], 1):
            self._changer([Operation.FERMER, None, Operation.MODIFIER, None])
            Adresse.objects.get().save()
        for table in TABLES:
            sql(f"CREATE TABLE avant_{table} AS TABLE {table}")
        self.publier()
        self.reference = self.etat()
        self.revenir()
        debut = time.monotonic()
        self.publier()
        self.duree = time.monotonic() - debut

    def fermer(self) -> None:
        """Remove the trigger and the tables that the scene created."""
        self.ralentir(0)
        for table in TABLES:
            sql(f"DROP TABLE IF EXISTS avant_{table}")

    @staticmethod
    def _a(jour: dt.date, heure: int = 14) -> Any:
        return a_l_instant(dt.datetime.combine(jour, dt.time(heure), tzinfo=PARIS))

    def _changer(self, operations: list[Operation | None]) -> None:
        for rang, session in enumerate(self.sessions):
            if operation := operations[rang % 4]:
                valeurs = (
                    {"valeurs": {"modalites_particulieres": f"{operation} {rang}"}}
                    if operation == Operation.MODIFIER
                    else {}
                )
                self.sessions[rang] = executer(session, operation, par=self.monde.gestionnaire, **valeurs)

    def publier(self) -> None:
        """Run the two due days."""
        with self._a(DERNIER):
            publier(DERNIER, par="test")

    def lancer(self) -> int:
        """Run the two due days in a separate process; return its number."""
        connections.close_all()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        if pid == 0:
            try:
                # When Playwright has run in this process, Django holds another connection here, which only a
                # child process gets back. It is left to its owner.
                heritee = connections["default"]
                del connections["default"]
                self.publier()
                del heritee
                os._exit(0)
            except BaseException:
                os._exit(1)
        return pid

    def revenir(self) -> None:
        """Restore the tables to their state before the two days."""
        sql(f"TRUNCATE {', '.join(TABLES)}")
        for table in TABLES:
            # PostgreSQL computes the generated columns itself, and refuses values for them.
            [[colonnes]] = sql(
                "SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE"
                f" attrelid = '{table}'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''"
            )
            sql(f"INSERT INTO {table} ({colonnes}) SELECT {colonnes} FROM avant_{table}")

    def etat(self) -> tuple[Any, ...]:
        """Return all that a run writes, except the primary keys and the times."""
        copie = ("contenu", "coordonnees__empreinte", "contenu_action__empreinte", "contenu_offre__empreinte")
        ligne = (
            "jour",
            "parues",
            "modifiees",
            "retirees",
            "retenues",
            "a_traiter",
            "traitees",
            "derniere",
            "erreurs",
            "empreinte_des_regles",
        )
        return (
            list(
                Parution.objects.order_by("session_id", "du").values_list(
                    "session_id", "date_debut", "du", "au", *copie
                )
            ),
            list(
                Retenue.objects.order_by("session_id", "du").values_list(
                    "session_id", "raison", "detail", "du", "au"
                )
            ),
            list(Passage.objects.filter(termine_le__isnull=False).order_by("jour").values_list(*ligne)),
            list(Contenu.objects.order_by("empreinte").values_list("empreinte", "contenu")),
        )

    def anomalies(self) -> list[str]:
        """Return the names of the invariants that the tables break at this instant."""
        return [nom for nom, requete in ANOMALIES.items() if sql(requete)]

    def ralentir(self, secondes: float) -> None:
        """Make each statement on the parutions last up to `secondes` longer; 0 removes the delay.

        Runs are then sometimes killed within a statement.
        """
        sql("DROP TRIGGER IF EXISTS lenteur ON publication_parution")
        if secondes:
            sql("CREATE OR REPLACE FUNCTION lenteur() RETURNS trigger LANGUAGE plpgsql AS"
                f" $$ BEGIN PERFORM pg_sleep(random() * {secondes}); RETURN NULL; END $$")  # fmt: skip
            sql(
                "CREATE TRIGGER lenteur AFTER INSERT OR UPDATE ON publication_parution FOR EACH STATEMENT"
                " EXECUTE FUNCTION lenteur()"
            )


def tuer(scene: Scene, fois: int, hasard: random.Random) -> Counter[str]:
    """Kill that many runs, one or two at a time, at random instants; return the counts of what happened.

    After one to four kills, the runs are completed and the result is compared with the reference. « arrêts »
    counts the kills, « arrivées avant » the runs that had ended before, « en cours » how many times a day was
    left unfinished, « fins » the completed scenarios. The other names are defects.
    """
    bilan = Counter[str]()
    while bilan["arrêts"] < fois:
        scene.revenir()
        scene.ralentir(hasard.choice([0, 0, 0.02]))
        for _ in range(hasard.randint(1, 4)):
            pids = [scene.lancer() for _ in range(hasard.choice([1, 2]))]
            for pid in hasard.sample(pids, len(pids)):
                time.sleep(hasard.uniform(0, 1.1 * scene.duree / len(pids)))
                os.kill(pid, signal.SIGKILL)
                bilan["arrêts"] += 1
            for pid in pids:
                bilan["arrivées avant"] += os.waitpid(pid, 0)[1] == 0
            bilan["en cours"] += Passage.objects.filter(termine_le__isnull=True).exists()
            bilan.update(scene.anomalies())
        scene.ralentir(0)
        scene.publier()
        bilan["fins"] += 1
        bilan.update(scene.anomalies())
        bilan["une autre fin"] += scene.etat() != scene.reference
    return bilan


SANS_GRAVITE = {"arrêts", "arrivées avant", "en cours", "fins"}


def casses(bilan: Counter[str]) -> dict[str, int]:
    """Return the number of occurrences of each defect."""
    return {nom: nombre for nom, nombre in bilan.items() if nombre and nom not in SANS_GRAVITE}
