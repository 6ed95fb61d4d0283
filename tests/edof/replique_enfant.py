"""A program with two databases, started by test_replique.py: a primary, and the replica that follows it.

It asks the test to stop and start the servers, a line for each, and waits for the answer. A failed assertion
ends it.
"""

import sys
import time
from collections import Counter
from contextlib import contextmanager, suppress
from urllib.parse import quote

import django

django.setup()

import datetime as dt  # noqa: E402

from django.conf import settings  # noqa: E402
from django.core.cache import cache  # noqa: E402
from django.db import connections  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402

from catalogue.cycle_de_vie import executer  # noqa: E402
from edof import replique  # noqa: E402
from edof.horloge import a_l_instant, aujourd_hui, minuit  # noqa: E402
from organismes.droits import Operation  # noqa: E402
from publication.adresses import adresse_de  # noqa: E402
from publication.donnees.ecriture import ecrire_ce_qui_est_du  # noqa: E402
from publication.passages import publier  # noqa: E402
from sessions_app.models import Session  # noqa: E402
from tests.conftest import Monde  # noqa: E402

setup_test_environment()
client = Client(raise_request_exception=False)


def demander(quoi):
    """Have the test do something to the servers."""
    sys.stdout.write(f"{quoi}\n")
    sys.stdout.flush()
    assert sys.stdin.readline().strip() == "fait"


@contextmanager
def bases_lues():
    """Count the statements on the tables, by database."""
    lues = Counter()

    def noter(base):
        def executer_et_noter(execute, sql, params, many, context):
            # The question on how far a server is reads no table; readings and rates are counted by an INSERT.
            lues[base] += "FROM " in sql and "INSERT INTO" not in sql
            return execute(sql, params, many, context)

        return executer_et_noter

    with (
        connections["default"].execute_wrapper(noter("default")),
        connections["lecture"].execute_wrapper(noter("lecture")),
    ):
        yield lues


def lire(adresse, base):
    """Return the text of a public page, which must come from this database and no other."""
    cache.clear()
    with bases_lues() as lues:
        reponse = client.get(adresse)
    assert reponse.status_code in {200, 410}, (adresse, reponse.status_code)
    # The redirection and the manifest of the open data read no database.
    assert set(+lues) <= {base}, (adresse, base, lues)
    return reponse.content.decode()


def rejoue(sql):
    with connections["lecture"].cursor() as curseur:
        curseur.execute(sql)


def fermer(session):
    executer(Session.objects.get(pk=session.pk), Operation.FERMER, par=monde.gestionnaire)


def public(session):
    """Return the addresses that show this session while it is public, with what shows it."""
    return {
        "/agenda/organismes/41234567800019.ics": f"session-{session.pk}@",
        f"/agenda/formations/{session.action_id}.ics": f"session-{session.pk}@",
        "/formations/": session.marque,
        f"/formations/?q={quote(session.marque)}": session.page,
        session.page: session.marque,
        "/sitemap-0.xml": session.page,
        "/api/v1/formations/": session.marque,
        f"/api/v1/formations/?q={quote(session.marque)}": session.marque,
    }


def montree(session, base):
    """Check that every public address shows this session, reading this database."""
    for adresse, marque in public(session).items():
        assert marque in lire(adresse, base), adresse


def cachee(session, base):
    for adresse, marque in public(session).items():
        texte = lire(adresse, base)
        # A formation that is withdrawn is told by its name, without any session.
        assert marque not in texte or "n'est plus proposée" in texte.replace("&#x27;", "'"), adresse
    assert f'"id_session": {session.pk}' in lire("/donnees/retraits.jsonl", base)


with a_l_instant(minuit(aujourd_hui()) - dt.timedelta(hours=5)):
    monde = Monde()
    sessions = []
    for rang in range(3):
        monde.offre = monde.nouvelle_offre(f"OFFRE-{rang}-X")
        executer(
            monde.offre, Operation.MODIFIER, par=monde.gestionnaire, valeurs={"intitule": f"Marque {rang}"}
        )
        session = monde.session(f"s{rang}", action=monde.nouvelle_action(f"A{rang}"), ouverte=True)
        session.marque = f"Marque {rang}"
        siret = monde.organisme.siret
        session.page = adresse_de(siret, monde.offre.identifiant, session.action.identifiant)
        sessions.append(session)
publier(aujourd_hui(), par="test")
ecrire_ce_qui_est_du()
premiere, deuxieme, troisieme = sessions
assert settings.DATABASE_ROUTERS == ["edof.replique.Routeur"]

# Up to date, the replica is read: the primary only tells how far it has written.
montree(premiere, "lecture")
assert lire("/sante/pret/", "default").startswith('{"etat": "ok", "base_de_donnees": "ok"')

# It stops following: what is withdrawn then disappears at once, read on the primary.
rejoue("SELECT pg_wal_replay_pause()")
fermer(premiere)
cachee(premiere, "default")
montree(deuxieme, "default")

# It follows again: it is read again, and the withdrawal stays.
rejoue("SELECT pg_wal_replay_resume()")
cachee(premiere, "lecture")
montree(deuxieme, "lecture")

# A withdrawal is seen by the very next request, two hundred times out of two hundred.
for tour in range(100):
    fermer(deuxieme)
    assert deuxieme.marque not in lire("/formations/", "lecture"), tour
    executer(Session.objects.get(pk=deuxieme.pk), Operation.OUVRIR, par=monde.gestionnaire)
    assert deuxieme.marque in lire("/formations/", "lecture"), tour

# Without the primary the public side stays up; the rest says that it is away.
demander("tuer le primaire")
montree(deuxieme, "lecture")
cachee(premiere, "lecture")
assert client.get(f"/donnees/{aujourd_hui()}/catalogue.csv.gz").status_code == 200
assert client.get("/donnees/").status_code == 200
assert client.get("/sante/vivant/").status_code == 200
assert client.get("/sante/pret/").json() == {"etat": "lecture_seule", "base_de_donnees": "ok"}
assert client.get("/sante/").status_code == 503
assert client.post("/connexion/", {"username": "x@test.example", "password": "x"}).status_code == 503
# A member who is signed in reads the public side as everybody does.
client.cookies["sessionid"] = "x" * 32
for adresse in ("/formations/", deuxieme.page, "/agenda/organismes/41234567800019.ics", "/donnees/"):
    lire(adresse, "lecture")
assert client.get("/catalogue/").status_code == 503
del client.cookies["sessionid"]
debut = time.monotonic()
for _ in range(20):
    lire("/formations/", "lecture")
assert time.monotonic() - debut < 18

# It comes back, with a withdrawal: the connections of before its stop do not make it show late.
demander("lancer le primaire")
connections.close_all()
with suppress(django.db.Error):
    client.get("/formations/")
time.sleep(replique.REPRISE)
fermer(deuxieme)
assert deuxieme.marque not in client.get("/formations/").content.decode()
# A replica looks for its primary every five seconds.
fin = time.monotonic() + 30
while not replique._est_a_jour():
    assert time.monotonic() < fin
cachee(deuxieme, "lecture")
montree(troisieme, "lecture")

# Without the replica the primary is read.
demander("tuer la réplique")
montree(troisieme, "default")
cachee(deuxieme, "default")
sys.stdout.write("fini\n")
