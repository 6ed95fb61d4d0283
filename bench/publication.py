"""The nightly run beside one hand-written statement with the same effect on the same tables
(`bench/anchor.sql`), in the same run.

    ./run bench publication            20,000 organismes, 200,000 offres, 400,000 actions, 1,500,000 sessions
                                     (some twenty minutes)
    ./run bench publication --petit    a hundredth of it (--part 10: a tenth)

Two scratch databases are made beside the one of DATABASE_URL, the second ten times smaller, and dropped at
the end. Read the ratios: each night is done by the statement, undone, then done by the run, on the same
rows, two or three times in turn; the best of each is kept.
"""

import argparse
import datetime as dt
import logging
import multiprocessing
import random
import resource
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import django
from django.conf import settings

django.setup()
settings.DEBUG = False
logging.disable(logging.INFO)

from django.core.management import call_command
from django.db import connection

from bench._commun import base_jetable, dire, multiplier, sans_historique
from catalogue.cycle_de_vie import executer
from catalogue.models import Action, Offre
from demo import donnees as demo
from edof.horloge import a_l_instant, aujourd_hui, minuit
from organismes.droits import Operation
from organismes.models import Adresse, Contact, Organisme, Qualiopi, Utilisateur
from publication.ecarts import empreinte_des_regles
from publication.models import Parution, Passage
from publication.passages import publier
from sessions_app.models import Session

ANCRE = (Path(__file__).parent / "anchor.sql").read_text()
ORGANISMES, OFFRES, ACTIONS, SESSIONS = 20_000, 10, 2, 4
# Of 1,600,000 rows made, the first 1,500,000 are kept.
GARDEES, DUES_LA_GRANDE_NUIT, DUES_UNE_NUIT, MODIFIEES = 1_500_000, 1_000_000, 10_000, 200_000
JOUR = aujourd_hui() - dt.timedelta(days=3)
TABLES = ("publication_parution", "publication_contenu", "publication_retenue")


@dataclass
class Mesure:
    """The measurements of one night.

    They are its seconds, statements, rows written, bytes of WAL, and the peak memory of its process in
    megabytes.
    """

    secondes: float = 0.0
    instructions: int = 0
    lignes: int = 0
    wal: int = 0
    memoire: float = 0.0
    parues: int = 0
    attentes: list[float] = field(default_factory=list)


def sql(texte: str, *valeurs: object) -> tuple:
    """Run a statement, and return its first row, or an empty tuple when it returns no rows."""
    with connection.cursor() as curseur:
        curseur.execute(texte, valeurs or None)
        return curseur.fetchone() if curseur.description else ()


def construire(part: int, dues: int) -> None:
    """Build a catalogue of `1 / part` of the whole.

    `dues` sessions are opened on the day before the first night; the others are not open.
    """
    debut = time.monotonic()
    call_command("migrate", verbosity=0)
    demo.charger()
    vieux = f"'{minuit(JOUR - dt.timedelta(days=30)).isoformat()}'::timestamptz"
    modele = Organisme.objects.order_by("pk").first()
    offre = Offre.objects.get(identifiant="TSLO14-14247-98569", organisme=modele)
    action = Action.objects.get(identifiant="88A-79-78490-XX", offre=offre)
    session = Session.objects.get(identifiant="sessionduree", action=action)
    dernier = max(o for (o,) in Organisme.objects.values_list("pk"))
    with sans_historique(Organisme, Qualiopi, Adresse, Contact, Offre, Action, Session):
        # The rows of organismes, of their addresses and of their contacts are inserted in the same order.
        n = "generate_series(1, %s) n"
        multiplier(
            Organisme, f"organismes_organisme m, {n} WHERE m.id = %s", [ORGANISMES // part, modele.pk],
            raison_sociale="'Organisme ' || n", siret="lpad((10000000000000 + n)::text, 14, '0')",
            modifie_le=vieux,
        )  # fmt: skip
        ou = "(SELECT * FROM {} ORDER BY id LIMIT 1) m, organismes_organisme g WHERE g.id > %s ORDER BY g.id"
        for table, classe in (
            ("organismes_qualiopi", Qualiopi),
            ("organismes_adresse", Adresse),
            ("organismes_contact", Contact),
        ):
            valeurs = (
                {"categorie": "'actions_de_formation'", "du": "date '2020-01-01'", "au": "NULL"}
                if classe is Qualiopi
                else {}
            )
            multiplier(classe, ou.format(table), [dernier], organisme="g.id", modifie_le=vieux, **valeurs)

        def fiche(cle: str) -> dict[str, str]:
            return {"identifiant": cle, "modifie_le": vieux}

        multiplier(
            Offre, f"organismes_organisme g, {n}, catalogue_offre m WHERE g.id > %s AND m.id = %s ORDER BY "
            "g.id, n",
            [OFFRES, dernier, offre.pk], **fiche("'O-' || n"), organisme="g.id", statut="'active'",
        )  # fmt: skip
        lieu, contact = (
            f"(SELECT id FROM organismes_{t} WHERE organisme_id = p.organisme_id)"
            for t in ("adresse", "contact")
        )
        multiplier(
            Action, f"catalogue_offre p, {n}, catalogue_action m WHERE p.organisme_id > %s AND m.id = %s "
            "ORDER BY p.id, n",
            [ACTIONS, dernier, action.pk], **fiche("'A-' || n"), organisme="p.organisme_id", offre="p.id",
            statut="'active'",
            lieu_de_formation=lieu, contact_du_lieu=contact, contact_information=contact,
        )  # fmt: skip
        multiplier(
            Session, f"catalogue_action p, {n}, sessions_app_session m WHERE p.organisme_id > %s AND m.id "
            "= %s ORDER BY p.id, n LIMIT %s",
            [SESSIONS, dernier, session.pk, GARDEES // part], **fiche("'S-' || n"),
            organisme="p.organisme_id", action="p.id",
            statut="'validee'", ouverte="false", ouverte_depuis="NULL", a_ete_active="false",
            date_debut=f"date '{JOUR}' + 20 + (n * 37 + p.id::int) %% 300", date_fin=f"date '{JOUR}' + 400",
            dates_saisies_le=f"date '{JOUR}' - 60",
            contact_inscription="p.contact_information_id", adresse_inscription="p.lieu_de_formation_id",
        )  # fmt: skip
    sql("TRUNCATE publication_passage, publication_parution, publication_contenu, publication_retenue")
    Passage.objects.create(
        jour=JOUR - dt.timedelta(days=1),
        par="mesure",
        termine_le=minuit(JOUR),
        empreinte_des_regles=empreinte_des_regles(),
    )
    # The sessions of the demo are not measured.
    sql(
        "UPDATE sessions_app_session SET ouverte = false, ouverte_depuis = NULL, fermee_le = NULL WHERE"
        " organisme_id <= %s",
        dernier,
    )
    sql(f"UPDATE {'organismes_organisme'} SET modifie_le = {vieux}")
    for table in ("organismes_qualiopi", "organismes_contact", "organismes_adresse",
    "catalogue_certification", "catalogue_offre",
                  "catalogue_action", "sessions_app_session"):  # fmt: skip
        sql(f"UPDATE {table} SET modifie_le = {vieux} WHERE modifie_le > {vieux}")
    ouvrir(dues, JOUR)
    sql("VACUUM ANALYZE")
    taille = sql("SELECT pg_size_pretty(pg_database_size(current_database()))")[0]
    nombres = ", ".join(
        f"{m.objects.count():,} {m._meta.verbose_name_plural}".replace(",", " ")
        for m in (Organisme, Offre, Action, Session)
    )
    dire(f"{nombres} ; {taille}, en {time.monotonic() - debut:.0f} s.")


def ouvrir(nombre: int, jour: dt.date) -> None:
    """Open `nombre` sessions in the afternoon before `jour`, spread over the whole table.

    The history contains these openings.
    """
    quand = minuit(jour) - dt.timedelta(hours=9)
    sql(
        "UPDATE sessions_app_session SET statut = 'active', ouverte = true, a_ete_active = true, "
        "ouverte_depuis = %s, modifie_le = %s"
        " WHERE id IN (SELECT id FROM sessions_app_session WHERE statut = 'validee' AND organisme_id > 2"
        " ORDER BY id %% 97, id LIMIT %s)",
        quand, quand, nombre,
    )  # fmt: skip


def a_part(faire: Callable[[], None], *, deja_calme: bool = False) -> Mesure:
    """Run `faire` in its own process, so that the peak memory is its own, and return what was measured.

    A checkpoint first writes earlier changes to the disk, unless `deja_calme`.
    """
    if not deja_calme:
        sql("CHECKPOINT")
    connection.close()
    contexte = multiprocessing.get_context("fork")
    ici, la_bas = contexte.Pipe()
    processus = contexte.Process(target=_mesurer, args=(faire, la_bas))
    processus.start()
    mesure = ici.recv()
    processus.join()
    if isinstance(mesure, str):
        sys.exit(mesure)
    return mesure


def _mesurer(faire: Callable[[], None], tuyau) -> None:
    try:
        mesure = Mesure()

        def compter(execute, requete, parametres, plusieurs, contexte):
            mesure.instructions += 1
            return execute(requete, parametres, plusieurs, contexte)

        lignes, wal = _ecrites(), sql("SELECT pg_current_wal_insert_lsn()")[0]
        debut = time.perf_counter()
        with connection.execute_wrapper(compter):
            faire()
        mesure.secondes = time.perf_counter() - debut
        connection.close()
        mesure.lignes = _ecrites() - lignes
        mesure.wal = int(sql("SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), %s)", wal)[0])
        mesure.memoire = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        tuyau.send(mesure)
    except BaseException as erreur:
        tuyau.send(repr(erreur))


def _ecrites() -> int:
    sql("SELECT pg_stat_force_next_flush()")
    time.sleep(0.2)
    return int(
        sql(
            "SELECT coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0) FROM pg_stat_user_tables WHERE"
            " schemaname = 'public'"
        )[0]
    )


def empreinte(jour: dt.date) -> tuple:
    """Return a digest of what the night has written, to check that both ways did the same."""
    sql("ANALYZE publication_parution, publication_contenu")
    return sql(
        "SELECT count(*), md5(string_agg(md5(p.session_id::text || p.contenu::text || a.empreinte || "
        "o.empreinte), '' ORDER BY p.session_id))"
        " FROM publication_parution p JOIN publication_contenu a ON a.id = contenu_action_id"
        " JOIN publication_contenu o ON o.id = contenu_offre_id WHERE p.du = %s",
        jour,
    )  # fmt: skip


def nuit(jour: dt.date, fois: int) -> tuple[Mesure, Mesure]:
    """Do the night of `jour` by the statement, undo it, then do it by the run, `fois` times in turn.

    Return the best measurement of each.
    """
    bornes = {"jour": jour, "minuit": minuit(jour), "depuis": minuit(jour - dt.timedelta(days=1))}

    def par_l_ancre() -> None:
        with connection.cursor() as curseur:
            curseur.execute(ANCRE, bornes)

    def par_le_passage() -> None:
        with a_l_instant(minuit(jour) + dt.timedelta(hours=5)):
            assert len(publier(jour, par="mesure")) == 1

    dernier = sql("SELECT coalesce(max(id), 0) FROM publication_contenu")[0]
    mesures: dict[Callable[[], None], list[Mesure]] = {par_l_ancre: [], par_le_passage: []}
    attendu = None
    for _ in range(fois):
        for faire, faites in mesures.items():
            if attendu:
                defaire(jour, dernier)
            faites.append(a_part(faire))
            obtenu = empreinte(jour)
            attendu = attendu or obtenu
            if obtenu != attendu:
                sys.exit(
                    f"Le passage et l'instruction n'ont pas fait la même chose : {obtenu[0]} parutions au"
                    f" lieu de {attendu[0]}."
                )
            faites[-1].parues = obtenu[0]
    for table in TABLES:
        sql(f"VACUUM ANALYZE {table}")
    ancre, passage = (min(faites, key=lambda mesure: mesure.secondes) for faites in mesures.values())
    return ancre, passage


def defaire(jour: dt.date, dernier: int) -> None:
    """Restore the tables as they were before that night.

    They are vacuumed, so that no dead row of the first attempt slows the second one.
    """
    Parution.objects.filter(du=jour).delete()
    # No parution refers to them any more: skip the check of the foreign keys for each of them.
    sql("ALTER TABLE publication_contenu DISABLE TRIGGER ALL")
    sql("DELETE FROM publication_contenu WHERE id > %s", dernier)
    sql("ALTER TABLE publication_contenu ENABLE TRIGGER ALL")
    Passage.objects.filter(jour=jour).delete()
    for table in TABLES:
        sql(f"VACUUM (FULL, ANALYZE) {table}")


def nuit_avec_des_saisies(jour: dt.date, modifiees: int) -> Mesure:
    """Measure a night that publishes changes, while a user saves one session after another.

    `attentes` contains the longest save without the run and during it, in milliseconds, and the number of
    saves during it.
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
    mesure = a_part(lambda: publier_le(jour), deja_calme=True)
    fini.set()
    avec.join()
    mesure.attentes = [max(temoin), max(attentes), len(attentes)]
    return mesure


def publier_le(jour: dt.date) -> None:
    """Do the run of that day, at 05:00."""
    with a_l_instant(minuit(jour) + dt.timedelta(hours=5)):
        publier(jour, par="mesure")


def ligne(nom: str, ancre: Mesure | None, m: Mesure) -> str:
    """Return a row of the table of results."""
    rapport = f"{m.secondes / ancre.secondes:.2f}" if ancre else ""
    wal = f"{m.wal / max(m.parues, 1):.0f} ({ancre.wal / max(m.parues, 1):.0f})" if ancre else ""
    secondes = f"{m.secondes:.2f} ({ancre.secondes:.2f})" if ancre else f"{m.secondes:.2f}"
    return f"| {nom} | {secondes} | {rapport} | {m.instructions} | {m.lignes} | {wal} | {m.memoire:.0f} |"


def main() -> None:
    """Build the databases, measure the nights, print the table."""
    lecteur = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    lecteur.add_argument("--petit", action="store_true")
    lecteur.add_argument("--part", type=int, default=1, help="une part du tout : 10 pour un dixième")
    options = lecteur.parse_args()
    part = 100 if options.petit else options.part
    demain_matin = JOUR + dt.timedelta(days=1)
    lignes = []
    with base_jetable(None, False):
        construire(part, DUES_LA_GRANDE_NUIT // part)
        ancre, grande = nuit(JOUR, 2)
        lignes.append(ligne(f"{DUES_LA_GRANDE_NUIT // part} dues", ancre, grande))
        lignes.append(ligne("La même nuit, une seconde fois", None, a_part(lambda: publier_le(JOUR))))
        ouvrir(DUES_UNE_NUIT // part, demain_matin)
        sql("VACUUM ANALYZE sessions_app_session")
        ancre, ordinaire = nuit(demain_matin, 3)
        lignes.append(ligne(f"{DUES_UNE_NUIT // part} dues", ancre, ordinaire))
        saisies = nuit_avec_des_saisies(demain_matin + dt.timedelta(days=1), MODIFIEES // part)
        lignes.append(ligne(f"{MODIFIEES // part} modifiées, pendant des saisies", None, saisies))
    with base_jetable(None, False):
        construire(part * 10, DUES_LA_GRANDE_NUIT // part // 10)
        nuit(JOUR, 1)
        ouvrir(DUES_UNE_NUIT // part, demain_matin)
        sql("VACUUM ANALYZE sessions_app_session")
        ancre, petite = nuit(demain_matin, 3)
        lignes.append(ligne(f"{DUES_UNE_NUIT // part} dues, catalogue dix fois plus petit", ancre, petite))
    dire(
        "\n| Nuit | secondes (instruction) | rapport | instructions | lignes écrites | WAL par session"
        " (instruction) | mémoire, Mo |"
    )
    dire("|---|---:|---:|---:|---:|---:|---:|")
    for texte in lignes:
        dire(texte)
    dire(f"\nMémoire : {grande.memoire / ordinaire.memoire:.2f} fois celle de la nuit ordinaire.")
    dire(
        "Le même nombre de dues, sur le grand catalogue et sur le petit :"
        f" {ordinaire.secondes / petite.secondes:.2f} fois le temps."
    )
    temoin, pire, nombre = saisies.attentes
    dire(
        f"Enregistrer pendant la publication : au pire {pire:.0f} ms sur {nombre:.0f} (sans elle, au pire"
        f" {temoin:.0f} ms)."
    )


if __name__ == "__main__":
    main()
