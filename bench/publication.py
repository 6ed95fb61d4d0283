"""The nightly run beside the best plain statements of the same effect (`bench/anchor.sql`), in the same run.

    ./run bench publication            20,000 organismes, 200,000 offres, 400,000 actions, 1,500,000 sessions
                                     (an hour)
    ./run bench publication --petit    a hundredth of it (--part 10: a tenth)
    ./run bench publication --part 10 --dues 10000    so many dues on the ordinary night, whatever the part

Two scratch databases are made beside the one of DATABASE_URL, the second ten times smaller, and dropped at
the end. Each night is done by the statements and by the run, in turn, each on its own tables, then undone,
`--tours` times (`--grands-tours` for the big night, whose rounds are long). Read the ratios of processor time
(program and database backend): the clock of a shared machine says little. Medians, with the smallest and the
greatest.
"""

import argparse
import datetime as dt
import logging
import random
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

from django.db import connection, transaction

from bench._commun import base_jetable, dire
from bench._mesure import Mesure, a_part, mediane
from bench._national import GARDEES, JOUR, construire, ouvrir, sql
from bench._tableau import noter
from catalogue.cycle_de_vie import executer
from edof.horloge import a_l_instant, minuit
from organismes.droits import Operation
from organismes.models import Utilisateur
from publication.passages import publier
from sessions_app.models import Session

ICI = Path(__file__).parent
DUES_LA_GRANDE_NUIT, DUES_UNE_NUIT, MODIFIEES = 1_000_000, 10_000, 200_000
# The settings of the run (`seul`, in publication/passages.py), and room for the temporary tables.
REGLAGES = {
    "random_page_cost": "1.1", "work_mem": "64MB", "synchronous_commit": "off", "temp_buffers": "256MB",
}  # fmt: skip


def par_l_ancre(jour: dt.date) -> None:
    """Do the night of that day by the plain statements."""
    bornes = {"jour": jour, "minuit": minuit(jour), "depuis": minuit(jour - dt.timedelta(days=1))}
    with connection.cursor() as curseur, transaction.atomic():
        for nom, valeur in REGLAGES.items():
            curseur.execute("SELECT set_config(%s, %s, false)", [nom, valeur])
        for instruction in (ICI / "anchor.sql").read_text().split(";\n"):
            curseur.execute(instruction, bornes)


def par_le_passage(jour: dt.date) -> None:
    """Do the run of that day, at 05:00."""
    with a_l_instant(minuit(jour) + dt.timedelta(hours=5)):
        publier(jour, par="mesure", mots=False)


FACONS = {"ancre": par_l_ancre, "publication": par_le_passage}
COORDONNEES = {
    "ancre": "'{}'",
    "publication": "(SELECT contenu FROM publication_contenu WHERE id = p.coordonnees_id)",
}


# What the public searches, but for its contents, which each have keys of their own.
CHERCHEES = (
    "action_id, offre_id, organisme_id, type_offre, certification, niveau, modalite, entrees, langue,"
    " rythmes, accessible, prix, duree, lieu, latitude, longitude, du, nombre, prochaine, garantie, debuts,"
    " debuts_garantis"
)


def empreinte(tables: str, jour: dt.date) -> tuple:
    """Return the numbers of rows of that day, and digests of what they say.

    They are the parutions with what they copy, what the public searches, the feed, and the offres to count.
    """
    parutions = sql(
        f"SELECT count(*), md5(string_agg(md5(p.session_id || (p.contenu || {COORDONNEES[tables]})::text"
        " || a.empreinte || o.empreinte), '' ORDER BY p.session_id))"
        f" FROM {tables}_parution p JOIN {tables}_contenu a ON a.id = contenu_action_id"
        f" JOIN {tables}_contenu o ON o.id = contenu_offre_id WHERE p.du = %s",
        jour,
    )  # fmt: skip
    cherchees = sql(
        f"SELECT count(*), md5(string_agg(md5((a.empreinte, o.empreinte, {CHERCHEES})::text), ''"
        f" ORDER BY action_id)) FROM {tables}_fichepublique"
        f" JOIN {tables}_contenu a ON a.id = contenu_action_id"
        f" JOIN {tables}_contenu o ON o.id = contenu_offre_id"
    )
    # One trace for each set: its keys are put together.
    fil = sql(
        "SELECT count(*), md5(string_agg(md5((organisme_id, niveau, nature, cle)::text), '' ORDER BY cle))"
        f" FROM {tables}_trace CROSS JOIN unnest(fiches) AS cle WHERE jour = %s", jour,
    )  # fmt: skip
    marques = sql(f"SELECT count(DISTINCT offre_id), sum(DISTINCT offre_id) FROM {tables}_marque")
    return parutions + cherchees + fil + marques


def garder(tables: str) -> None:
    """Keep what the public searches before a night."""
    sql(f"DROP TABLE IF EXISTS {tables}_avant")
    sql(f"CREATE TABLE {tables}_avant AS SELECT * FROM {tables}_fichepublique ORDER BY action_id")


def defaire(tables: str, jour: dt.date, dernier: int) -> None:
    """Restore these tables as they were before that night, without what is dead."""
    # What the public searches is put back whole, below: the triggers must not make it again meanwhile.
    sql("SELECT set_config('publication.fiches_apres', 'oui', false)")
    sql(f"DELETE FROM {tables}_parution WHERE du = %s", jour)
    sql("SELECT set_config('publication.fiches_apres', '', false)")
    # No parution refers to them any more: skip the check of the foreign keys for each of them.
    sql(f"ALTER TABLE {tables}_contenu DISABLE TRIGGER ALL")
    sql(f"DELETE FROM {tables}_contenu WHERE id > %s", dernier)
    sql(f"ALTER TABLE {tables}_contenu ENABLE TRIGGER ALL")
    sql(f"DELETE FROM {tables}_passage WHERE jour = %s", jour)
    sql(f"TRUNCATE {tables}_fichepublique, {tables}_marque")
    sql(f"INSERT INTO {tables}_fichepublique SELECT * FROM {tables}_avant ORDER BY action_id")
    sql(f"DELETE FROM {tables}_trace WHERE jour = %s", jour)
    for table in ("parution", "contenu"):
        sql(f"VACUUM (FULL, ANALYZE) {tables}_{table}" if not dernier else f"VACUUM ANALYZE {tables}_{table}")
    for table in ("fichepublique", "trace", "marque"):
        sql(f"VACUUM ANALYZE {tables}_{table}")


def nuit(jour: dt.date, tours: int) -> dict[str, list[Mesure]]:
    """Do the night of `jour` by the statements and by the run, in turn, `tours` times.

    Both have done it at the end.
    """
    derniers = {tables: sql(f"SELECT coalesce(max(id), 0) FROM {tables}_contenu")[0] for tables in FACONS}
    mesures: dict[str, list[Mesure]] = {tables: [] for tables in FACONS}
    for tables in FACONS:
        garder(tables)
    for _ in range(tours):
        faites = {}
        for tables, faire in FACONS.items():
            # The first time too: what the public searches then lies in the same pages each time.
            defaire(tables, jour, derniers[tables])
            mesures[tables].append(a_part(faire, jour))
            for table in ("parution", "contenu", "fichepublique"):
                sql(f"VACUUM ANALYZE {tables}_{table}")
            faites[tables] = empreinte(tables, jour)
        if len(set(faites.values())) > 1:
            sys.exit(f"Le passage et les instructions n'ont pas fait la même chose : {faites}.")
    return mesures


def nuit_avec_des_saisies(jour: dt.date, modifiees: int) -> tuple[Mesure, list[float]]:
    """Measure a night that publishes changes, while a user saves one session after another.

    Also return the longest save without the run and during it, in milliseconds, and the number of saves
    during it.
    """
    quand = minuit(jour) - dt.timedelta(hours=9)
    sql(
        "UPDATE sessions_app_session SET modalites_particulieres = 'Le samedi', modifie_le = %s"
        " WHERE id IN (SELECT id FROM sessions_app_session WHERE ouverte ORDER BY id %% 89, id LIMIT %s)",
        quand, modifiees,
    )  # fmt: skip
    # The measured saves must not wait for the writes of the preparation.
    sql("VACUUM ANALYZE sessions_app_session")
    sql("CHECKPOINT")
    cles = list(Session.objects.filter(ouverte=True).order_by("?").values_list("pk", flat=True)[:2_000])
    par = Utilisateur.objects.get(courriel="admin@edof.example")
    attentes: list[float] = []
    fini = threading.Event()

    def saisir() -> None:
        hasard = random.Random(1)
        with a_l_instant(minuit(jour) + dt.timedelta(hours=5)):
            while not fini.is_set():
                session = Session.objects.select_related("action__offre").get(pk=hasard.choice(cles))
                texte = f"Saisie {hasard.random()}"
                debut = time.perf_counter()
                executer(session, Operation.MODIFIER, par=par, valeurs={"modalites_particulieres": texte})
                attentes.append(1000 * (time.perf_counter() - debut))
                time.sleep(0.02)
        connection.close()

    seul = threading.Thread(target=saisir)
    seul.start()
    time.sleep(5)
    fini.set()
    seul.join()
    temoin = list(attentes)
    attentes.clear()
    fini.clear()
    avec = threading.Thread(target=saisir)
    avec.start()
    mesure = a_part(par_le_passage, jour, deja_calme=True)
    fini.set()
    avec.join()
    return mesure, [max(temoin), max(attentes), len(attentes)]


def ligne(nom: str, mesures: dict[str, list[Mesure]], dues: int) -> str:
    """Return a row of the table of results."""
    ancre, passage = mesures.get("ancre"), mesures["publication"]
    cases = [
        nom,
        *(_etendue(passage, nom_, ancre) for nom_ in ("processeur", "secondes")),
        f"{_rapport(passage, ancre):.2f}" if ancre else "",
        f"{mediane(passage, 'instructions'):.0f}",
        f"{mediane(passage, 'lignes'):.0f}",
        f"{mediane(passage, 'wal') / dues:.0f}" + (f" ({mediane(ancre, 'wal') / dues:.0f})" if ancre else ""),
        f"{mediane(passage, 'memoire'):.0f}",
    ]
    return f"| {' | '.join(cases)} |"


def _rapports(passage: list[Mesure], autre: list[Mesure]) -> list[float]:
    return [un.processeur / deux.processeur for un, deux in zip(passage, autre, strict=True)]


def _rapport(passage: list[Mesure], ancre: list[Mesure]) -> float:
    return mediane(passage, "processeur") / mediane(ancre, "processeur")


def _etendue(passage: list[Mesure], nom: str, ancre: list[Mesure] | None) -> str:
    textes = []
    for mesures in filter(None, (passage, ancre)):
        valeurs = [getattr(mesure, nom) for mesure in mesures]
        textes.append(f"{mediane(mesures, nom):.2f} [{min(valeurs):.2f} – {max(valeurs):.2f}]")
    return " ; ".join(textes)


def main() -> None:
    """Build the databases, measure the nights, print the table."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--part", type=int, default=1, help="une part du tout : 10 pour un dixième")
    lecteur.add_argument("--dues", type=int, help="les dues de la nuit ordinaire")
    lecteur.add_argument("--tours", type=int, default=3)
    lecteur.add_argument("--grands-tours", type=int, help="ceux de la grande nuit (comme les autres)")
    options = lecteur.parse_args()
    part = 100 if options.petit else options.part
    dues, grandes, modifiees = (
        options.dues or DUES_UNE_NUIT // part, DUES_LA_GRANDE_NUIT // part, MODIFIEES // part,
    )  # fmt: skip
    demain_matin = JOUR + dt.timedelta(days=1)
    lignes = []
    with base_jetable(None, False):
        construire(part, grandes)
        sql((ICI / "anchor_tables.sql").read_text())
        grande = nuit(JOUR, options.grands_tours or options.tours)
        lignes.append(ligne(f"{grandes} dues", grande, grandes))
        encore = {"publication": [a_part(par_le_passage, JOUR)]}
        lignes.append(ligne("La même nuit, une seconde fois", encore, grandes))
        ouvrir(dues, demain_matin)
        sql("VACUUM ANALYZE sessions_app_session")
        ordinaire = nuit(demain_matin, options.tours)
        lignes.append(ligne(f"{dues} dues", ordinaire, dues))
        saisies, (temoin, pire, nombre) = nuit_avec_des_saisies(
            demain_matin + dt.timedelta(days=1), modifiees
        )
        lignes.append(
            ligne(f"{modifiees} modifiées, pendant des saisies", {"publication": [saisies]}, modifiees)
        )
    # Of the small catalogue, one session in three is left to open after its first night.
    petite = None
    if dues <= (GARDEES - DUES_LA_GRANDE_NUIT) // part // 10:
        with base_jetable(None, False):
            construire(part * 10, grandes // 10)
            sql((ICI / "anchor_tables.sql").read_text())
            nuit(JOUR, 1)
            ouvrir(dues, demain_matin)
            sql("VACUUM ANALYZE sessions_app_session")
            petite = nuit(demain_matin, options.tours)
            lignes.append(ligne(f"{dues} dues, catalogue dix fois plus petit", petite, dues))
    dire(
        "\n| Nuit | processeur, s ; ancre | horloge, s ; ancre | rapport des processeurs | instructions |"
        " lignes écrites | WAL par session (ancre) | mémoire, Mo |"
    )
    dire("|---|---:|---:|---:|---:|---:|---:|---:|")
    for texte in lignes:
        dire(texte)
    grande_nuit, ordinaires = grande["publication"], ordinaire["publication"]
    memoire = mediane(grande_nuit, "memoire") / mediane(ordinaires, "memoire")
    noter("grande_nuit", _rapports(grande_nuit, grande["ancre"]))
    noter("nuit", _rapports(ordinaires, ordinaire["ancre"]))
    noter("memoire", [mesure.memoire / mediane(ordinaires, "memoire") for mesure in grande_nuit])
    dire(f"\nMémoire : {memoire:.2f} fois celle de la nuit ordinaire.")
    if petite:
        noter("nuit_dix_fois", _rapports(ordinaires, petite["publication"]))
        dire(
            "Le même nombre de dues, sur le grand catalogue et sur le petit :"
            f" {_rapport(ordinaires, petite['publication']):.2f} fois le processeur"
            f" ({_rapport(ordinaire['ancre'], petite['ancre']):.2f} pour l'ancre)."
        )
    else:
        dire("Le catalogue dix fois plus petit n'a pas autant de sessions à ouvrir : il n'est pas mesuré.")
    dire(
        f"Enregistrer pendant la publication : au pire {pire:.0f} ms sur {nombre:.0f} (sans elle, au pire"
        f" {temoin:.0f} ms)."
    )


if __name__ == "__main__":
    main()
