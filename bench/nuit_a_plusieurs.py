"""The night cut by organisme over two processes, as docs/echelle.md describes, beside the night of one.

    ./run bench nuit_a_plusieurs            a hundredth of the national catalogue: 15,000 sessions
    ./run bench nuit_a_plusieurs --part 10  a tenth
    ./run bench nuit_a_plusieurs --petit    a five-hundredth

Not what the program does: the statements of the run, each process with the organismes of its group, and its
own row of progress in a table of this measurement. A first night, then a day on which a third of the sessions
change, some close and some open; the second night is done by one process on one copy of the database, and by
two on another. Everything that it writes must be the same. Exits with 1 otherwise.
"""

import argparse
import datetime as dt
import logging
import multiprocessing
import secrets
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

import psycopg
from django.db import connection, connections
from psycopg import sql as composer

from bench._commun import base_jetable, dire
from bench._national import GARDEES, JOUR, construire, ouvrir, sql
from edof.horloge import a_l_instant, minuit
from publication import ensembles, passages
from publication.ecarts import a_regarder, ecarts, empreinte_des_regles
from publication.models import Passage
from publication.models.passages import UnPassage
from publication.passages import publier

LENDEMAIN = JOUR + dt.timedelta(days=1)
# The settings of the run (`seul`, in publication/passages.py).
REGLAGES = {"random_page_cost": "1.1", "work_mem": "64MB", "statement_timeout": "300s"}
# What a night writes, without the keys that depend on the order of writing.
ECRITES = {
    "parutions": (
        "SELECT p.du, p.au, p.session_id, p.action_id, p.offre_id, p.organisme_id, p.date_debut,"
        " p.contenu::text, a.empreinte, o.empreinte, k.empreinte FROM publication_parution p"
        " LEFT JOIN publication_contenu a ON a.id = p.contenu_action_id"
        " LEFT JOIN publication_contenu o ON o.id = p.contenu_offre_id"
        " LEFT JOIN publication_contenu k ON k.id = p.coordonnees_id"
    ),
    "contenus": "SELECT empreinte, contenu::text FROM publication_contenu",
    "retenues": "SELECT du, au, session_id, organisme_id, raison, detail FROM publication_retenue",
    "fiches": (
        "SELECT (to_jsonb(f) - ARRAY['id', 'contenu_action_id', 'contenu_offre_id'])::text"
        " FROM publication_fichepublique f"
    ),
    "fil": (
        "SELECT organisme_id, jour, nature, raison, unnest(fiches) FROM publication_trace"
        f" WHERE jour = '{LENDEMAIN}'"
    ),
    "registre": "SELECT jour, parues, modifiees, retirees, erreurs, retenues::text FROM publication_passage",
}


class Part(UnPassage):
    """The progress of one group, in the table of this measurement: a run writes where its row is."""

    class Meta:
        app_label, db_table, managed = "publication", "essai_groupe", False


def empreintes() -> dict[str, str]:
    """Return a digest of each thing that a night writes."""
    return {
        quoi: sql(
            f"SELECT count(*) || ' ' || md5(string_agg(t::text, '|' ORDER BY t::text)) FROM ({requete}) t"
        )[0]
        for quoi, requete in ECRITES.items()
    }


def changer(sessions: int) -> None:
    """Change a third of what is public on the afternoon before the second night; close some, open others."""
    quand = minuit(LENDEMAIN) - dt.timedelta(hours=9)
    sql(
        "UPDATE sessions_app_session SET garantie = NOT garantie, modifie_le = %s"
        " WHERE ouverte AND id %% 3 = 0",
        quand,
    )
    sql(
        "UPDATE sessions_app_session SET ouverte = false, fermee_le = %s, modifie_le = %s"
        " WHERE ouverte AND id %% 7 = 0",
        quand, quand,
    )  # fmt: skip
    ouvrir(sessions // 10, LENDEMAIN)
    sql("VACUUM ANALYZE sessions_app_session")


def a_l_heure(jour: dt.date) -> Any:
    """Return the context in which a night is done."""
    return a_l_instant(minuit(jour) + dt.timedelta(hours=5))


def par_un(jour: dt.date) -> float:
    """Do the night, as the program does; return the instant of its start."""
    debut = time.monotonic()
    with a_l_heure(jour):
        publier(jour, par="mesure", mots=False)
    return debut


def une_part(base: str, groupe: int, sur: int, depart: Any) -> None:
    """Do the part of one group of organismes, in a process of its own."""
    connection.close()
    connection.settings_dict["NAME"] = base
    with a_l_heure(LENDEMAIN), connection.cursor() as curseur:
        for nom, valeur in REGLAGES.items():
            curseur.execute("SELECT set_config(%s, %s, false)", [nom, valeur])
        connection.connection.prepare_threshold = None
        curseur.execute(ensembles.TABLE_DES_DIFFERENCES + "DELETE ROWS")
        passage = Part(pk=groupe, jour=LENDEMAIN)
        toutes, valeurs = a_regarder(LENDEMAIN, Passage.objects.finis().get(jour=JOUR))
        for au_passe in (False, True):
            ecarts(LENDEMAIN, [0], au_passe=au_passe)
        # Neither Python nor the statements that it composes are counted: a worker has them.
        depart.wait(300)
        curseur.execute(
            f"SELECT cle FROM ({toutes}) AS t (cle, total) LEFT JOIN sessions_app_session s ON s.id = cle"
            " WHERE (hashint8(coalesce(s.organisme_id, 0)) & 2147483647) %% %s = %s ORDER BY cle",
            [*valeurs, sur, groupe],
        )
        cles = [cle for (cle,) in curseur.fetchall()]
        for debut in range(0, len(cles), ensembles.PAR_ENSEMBLE):
            ensembles.publier_l_ensemble(curseur, passage, cles[debut : debut + ensembles.PAR_ENSEMBLE])
    connection.close()


def par_plusieurs(combien: int) -> float:
    """Do the night by so many processes, then end the row of the register; return when they began."""
    base = connection.settings_dict["NAME"]
    passage = Passage.objects.create(
        jour=LENDEMAIN, par="mesure", empreinte_des_regles=empreinte_des_regles()
    )
    sql("CREATE TABLE essai_groupe AS SELECT * FROM publication_passage WHERE id = %s", passage.pk)
    sql(
        "INSERT INTO essai_groupe SELECT (jsonb_populate_record(g, jsonb_build_object('id', n))).*"
        f" FROM essai_groupe AS g, generate_series(0, {combien - 1}) AS n"
    )
    sql("DELETE FROM essai_groupe WHERE id = %s", passage.pk)
    connection.close()
    contexte = multiprocessing.get_context("spawn")
    depart = contexte.Barrier(combien + 1)
    parts = [
        contexte.Process(target=une_part, args=(base, groupe, combien, depart)) for groupe in range(combien)
    ]
    for part in parts:
        part.start()
    depart.wait(300)
    debut = time.monotonic()
    for part in parts:
        part.join()
        if part.exitcode:
            sys.exit("Une part a échoué.")
    passage.parues, passage.modifiees, passage.retirees, passage.traitees = sql(
        "SELECT sum(parues)::int, sum(modifiees)::int, sum(retirees)::int, sum(traitees)::int"
        " FROM essai_groupe"
    )
    passage.save()
    with a_l_heure(LENDEMAIN):
        passages._terminer(passage, Passage.objects.finis().get(jour=JOUR), None)
    return debut


@contextmanager
def copie() -> Iterator[None]:
    """Work on a copy of the present database, dropped at the end."""
    ici = connection.settings_dict["NAME"]
    autre = f"edof_mesure_{secrets.token_hex(4)}"
    connection.close()
    acces = {nom: connection.settings_dict[nom.upper()] for nom in ("host", "port", "user", "password")}
    ordres = psycopg.connect(
        dbname="postgres", autocommit=True, **{nom: dit for nom, dit in acces.items() if dit}
    )
    noms = (composer.Identifier(autre), composer.Identifier(ici))
    ordres.execute(composer.SQL("CREATE DATABASE {} TEMPLATE {}").format(*noms))
    connection.settings_dict["NAME"] = autre
    try:
        yield
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = ici
        ordres.execute(composer.SQL("DROP DATABASE {} WITH (FORCE)").format(noms[0]))
        ordres.close()


def main() -> None:
    """Read the command line, do the nights, compare, and exit with 1 when they differ."""
    brut = argparse.RawDescriptionHelpFormatter
    ligne = argparse.ArgumentParser(description=__doc__, formatter_class=brut)
    ligne.add_argument("--petit", action="store_true")
    ligne.add_argument("--part", type=int, default=100)
    ligne.add_argument("--processus", type=int, default=2)
    demande = ligne.parse_args()
    part = 500 if demande.petit else demande.part
    dues = GARDEES // part // 2
    with base_jetable(None, False):
        construire(part, dues)
        par_un(JOUR)
        changer(dues)
        faites, secondes = {}, {}
        for nom, faire in {
            "un processus": lambda: par_un(LENDEMAIN),
            f"{demande.processus} processus": lambda: par_plusieurs(demande.processus),
        }.items():
            with copie():
                sql("CHECKPOINT")
                debut = faire()
                secondes[nom], faites[nom] = time.monotonic() - debut, empreintes()
        un, deux = faites.values()
    passage = un["registre"]
    dire(f"{dues} sessions publiques, puis un tiers qui change ; registre : {passage.split()[0]} lignes")
    dire("; ".join(f"{nom} : {duree:.1f} s" for nom, duree in secondes.items()))
    autres = [quoi for quoi in un if un[quoi] != deux[quoi]]
    for quoi in un:
        dire(f"| {quoi} | {un[quoi]} | {'la même chose' if un[quoi] == deux[quoi] else deux[quoi]} |")
    sys.exit(f"Différents : {', '.join(autres)}" if autres else 0)


if __name__ == "__main__":
    main()
