"""The nightly run, in sets of ten thousand sessions (D-20 to D-24).

The run is idempotent. Its result is the same when it is late, started twice, killed and resumed, or started
by hand. The run of day P reads the catalogue as it stood on P at 00:00 Paris time. `ecarts` computes what it
changes; `ensembles` writes the changes, one set at a time, each in one short transaction that also records
the progress of the run. It locks no record that people edit.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Count, Q

from edof.connexion_tenue import connexion_tenue
from edof.horloge import aujourd_hui, maintenant
from organismes.models import HORS_DES_BACS_A_SABLE, Organisme
from publication import ensembles, fiches
from publication.ecarts import a_regarder, empreinte_des_regles
from publication.jours import PublicationImpossible, dernier_passage, jours_manquants, retard_a_confirmer
from publication.models import Passage, PassageDeBac, Retenue, registre

journal = logging.getLogger(__name__)

# Key of the advisory lock that keeps two runs from doing the same work at the same time. Its value is
# arbitrary.
VERROU = 5_2023_05_24
# Keys are read from the cursor by sets too: a run of a million has the memory of a run of ten thousand.
A_LA_FOIS = 10_000
# How long a run waits for another one to end, and the maximum duration of each of its statements.
ATTENTE, DUREE_D_UNE_INSTRUCTION = "60s", "300s"


def publier(jour: dt.date, *, par: str, voulu: bool = False, mots: bool = True) -> list[Passage]:
    """Publish `jour`, after the missing days before it, and return the runs that this call ended.

    A day already in the register changes nothing. A run that was begun and killed resumes where it stopped.
    Raises PublicationImpossible for a day to come, for a day older than the first one published, and while
    another run is in progress. Also raises it while `retard_a_confirmer` is true, unless a person has asked
    for that very day (`voulu`). Without `mots`, the words that the public searches are left to the periodic
    task.
    """
    if jour > aujourd_hui():
        raise PublicationImpossible(
            "Ce jour n'est pas encore arrivé : il ne peut être publié qu'à partir de minuit."
        )
    faits = []
    with seul():
        dernier = dernier_passage()
        if dernier and not voulu and retard_a_confirmer():
            raise PublicationImpossible(
                f"La dernière publication est celle du {dernier.jour:%d/%m/%Y}, et l'horloge dit le"
                f" {aujourd_hui():%d/%m/%Y} : une personne doit confirmer la date (administration, « Publier"
                " maintenant »)."
            )
        for a_faire in jours_manquants(dernier, jour):
            dernier = _passer(a_faire, dernier, par)
            faits.append(dernier)
    if mots:
        fiches.ecrire_les_mots()
    return faits


@contextmanager
def seul() -> Iterator[None]:
    """Hold the advisory lock of the runs during the block.

    Waits for another run to end, ATTENTE at most, then raises PublicationImpossible. Behind PgBouncer the
    block is one transaction, whose end gives everything back.
    """
    with connexion_tenue() as en_une_transaction, connection.cursor() as curseur:
        try:
            # In a transaction of the caller, `atomic` is a savepoint: a wait that fails must not undo the
            # work of the caller. The rows of a set are few among millions: it is faster to find them one by
            # one, by key, than to read whole tables (`random_page_cost`). What is computed from them is kept
            # in memory (`work_mem`).
            with transaction.atomic():
                curseur.execute(
                    "SELECT set_config('lock_timeout', %s, true), set_config('statement_timeout', %s, b),"
                    " set_config('random_page_cost', '1.1', b), set_config('work_mem', '64MB', b),"
                    f" pg_advisory_{'xact_' if en_une_transaction else ''}lock(%s)"
                    " FROM (SELECT %s::boolean) AS s(b)",
                    [ATTENTE, DUREE_D_UNE_INSTRUCTION, VERROU, en_une_transaction],
                )
        except OperationalError as erreur:
            raise PublicationImpossible(
                "Une autre publication est en cours : attendez qu'elle se termine."
            ) from erreur
        # psycopg keeps the texts of the last hundred statements, to prepare those that come again. Those of a
        # run have the keys of ten thousand sessions.
        connexion = connection.connection
        seuil, connexion.prepare_threshold = connexion.prepare_threshold, None
        try:
            yield
        finally:
            connexion.prepare_threshold = seuil
            if not en_une_transaction:
                curseur.execute(
                    "SELECT pg_advisory_unlock(%s), count(set_config(name, reset_val, false))"
                    " FROM pg_settings WHERE name IN ('statement_timeout', 'random_page_cost', 'work_mem')",
                    [VERROU],
                )


def publier_le_bac(organisme: Organisme, jour: dt.date, *, par: str) -> PassageDeBac:
    """Publish `jour` for a sandbox alone, in the register of its own; the same day again changes nothing.

    The caller holds the row of the sandbox, lives by its clock, and asks for the days in order.
    """
    finis: Any = registre(organisme).finis()
    if (fait := finis.filter(jour=jour).first()) is not None:
        return fait
    return _passer(jour, finis.first(), par, organisme)


def _passer(jour: dt.date, precedent: Any, par: str, organisme: Organisme | None = None) -> Any:
    """Execute the run of one day, from where it stopped: that of all, or that of this sandbox."""
    passage, _ = registre(organisme).get_or_create(
        jour=jour,
        defaults={"par": par, "empreinte_des_regles": empreinte_des_regles()}
        | ({"organisme": organisme} if organisme else {}),
    )
    with connection.cursor() as curseur:
        curseur.execute(ensembles.TABLE_DES_DIFFERENCES + ("DROP" if settings.PGBOUNCER else "DELETE ROWS"))
        sql, valeurs = a_regarder(jour, precedent, apres=passage.derniere, organisme=organisme)
        curseur.execute(f"DECLARE a_regarder NO SCROLL CURSOR WITH HOLD FOR {sql}", valeurs)
        try:
            while lignes := _suivantes(curseur):
                passage.a_traiter = passage.a_traiter or lignes[0][1]
                cles = [cle for cle, _ in lignes]
                for debut in range(0, len(cles), ensembles.PAR_ENSEMBLE):
                    ensemble = cles[debut : debut + ensembles.PAR_ENSEMBLE]
                    ensembles.publier_l_ensemble(curseur, passage, ensemble)
                if len(lignes) < A_LA_FOIS:
                    break
        finally:
            curseur.execute("CLOSE a_regarder")
        fiches.revoir_celles_du_passage(curseur, passage)
    return _terminer(passage, precedent, organisme)


def _suivantes(curseur: Any) -> list[tuple[int, int]]:
    curseur.execute(f"FETCH {A_LA_FOIS} FROM a_regarder")
    return curseur.fetchall()


def _terminer(passage: Any, precedent: Any, organisme: Organisme | None) -> Any:
    """Close the row of the register, and write the number of sessions held back, by reason.

    The numbers are those of the previous run, plus and minus what this day changed.
    """
    retenues = Counter(precedent.retenues if precedent else {})
    de_qui = Q(organisme=organisme) if organisme else HORS_DES_BACS_A_SABLE
    du_jour = Retenue.objects.filter(de_qui, Q(du=passage.jour) | Q(au=passage.jour))
    par_raison = du_jour.values_list("raison").order_by()
    de_plus, de_moins = Count("pk", filter=Q(du=passage.jour)), Count("pk", filter=Q(au=passage.jour))
    for raison, commencees, finies in par_raison.annotate(de_plus=de_plus, de_moins=de_moins):
        retenues[raison] += commencees - finies
    passage.retenues = {raison: nombre for raison, nombre in retenues.items() if nombre > 0}
    passage.termine_le = maintenant()
    passage.save(update_fields=["retenues", "termine_le"])
    journal.info(
        "Publication du %s : %s parues, %s modifiées, %s retirées, %s en erreur, lancée par %s",
        passage.jour, passage.parues, passage.modifiees, passage.retirees, passage.erreurs, passage.par,
    )  # fmt: skip
    return passage
