"""The nightly run, in sets of ten thousand sessions (D-20 to D-24).

The run is idempotent. Its result is the same when it is late, started twice, killed and resumed, or started
by hand. The run of day P reads the catalogue as it stood on P at 00:00 Paris time. `ecarts` computes what it
changes. This module writes the changes, one set at a time, each in one short transaction that also records
the progress of the run. It locks no record that people edit.
"""

import datetime as dt
import logging
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import Any

from django.conf import settings
from django.db import (
    DatabaseError,
    DataError,
    IntegrityError,
    InternalError,
    OperationalError,
    connection,
    transaction,
)
from django.db.models import Count, Q
from psycopg.errors import RaiseException

from edof.connexion_tenue import connexion_tenue
from edof.horloge import aujourd_hui, instant_de_la_base, maintenant, minuit
from organismes.models import HORS_DES_BACS_A_SABLE, Organisme
from publication import fil
from publication.ecarts import MARGE, a_regarder, ecarts, empreinte_des_regles
from publication.fiches import ecrire_les_mots
from publication.models import Passage, PassageDeBac, Retenue, registre
from publication.models.passages import UnPassage
from sessions_app.models import Session

journal = logging.getLogger(__name__)

# Key of the advisory lock that keeps two runs from doing the same work at the same time. Its value is
# arbitrary.
VERROU = 5_2023_05_24
HEURE_DUE, HEURE_D_ALERTE = dt.time(5, 0), dt.time(7, 0)
# Keys are read from the cursor by sets too: a run of a million has the memory of a run of ten thousand.
PAR_ENSEMBLE, A_LA_FOIS = 10_000, 10_000
# How long a run waits for another one to end, and the maximum duration of each of its statements.
ATTENTE, DUREE_D_UNE_INSTRUCTION = "60s", "300s"


class PublicationImpossible(Exception):
    """The error raised when a day cannot be published; its message gives the reason, in French."""


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
        dernier = _dernier()
        if dernier and not voulu and retard_a_confirmer():
            raise PublicationImpossible(
                f"La dernière publication est celle du {dernier.jour:%d/%m/%Y}, et l'horloge dit le"
                f" {aujourd_hui():%d/%m/%Y} : une personne doit confirmer la date (administration, « Publier"
                " maintenant »)."
            )
        for a_faire in _jours_manquants(dernier, jour):
            dernier = _passer(a_faire, dernier, par)
            faits.append(dernier)
    if mots:
        ecrire_les_mots()
    return faits


def jours_dus(heure: dt.time = HEURE_DUE) -> list[dt.date]:
    """Return the days that should have been published by now and were not, in order.

    A day is due at 05:00 Paris time. `heure` replaces this hour: see `jours_en_retard`.
    """
    instant = instant_de_la_base()
    dernier_du = instant.date() if instant.time() >= heure else instant.date() - dt.timedelta(days=1)
    dernier = _dernier()
    if dernier is not None and dernier.jour >= dernier_du:
        return []
    # The very first run was begun before its hour and has not ended: no day before it was ever due.
    if (
        dernier is None
        and Passage.objects.exists()
        and not Passage.objects.filter(jour__lte=dernier_du).exists()
    ):
        return []
    return _jours_manquants(dernier, dernier_du)


def jours_en_retard() -> list[dt.date]:
    """Return the days that are still missing at 07:00 Paris time: a person must look into it.

    When no run was ever started, the days count from the first night of an organisme, so that a worker that
    never started is detected too.
    """
    jours = jours_dus(HEURE_D_ALERTE)
    if not jours or Passage.objects.exists():
        return jours
    return jours if Organisme.objects.filter(cree_le__lt=minuit(jours[-1])).exists() else []


def retard_a_confirmer() -> bool:
    """Return whether the last run is more than PUBLICATION_JOURS_AU_PLUS days old (0: no limit).

    A stop of the nightly run does not explain such a delay. The clock may be wrong, so a person confirms the
    date.
    """
    dernier, au_plus = _dernier(), settings.PUBLICATION_JOURS_AU_PLUS
    return bool(dernier and au_plus and (instant_de_la_base().date() - dernier.jour).days > au_plus)


def _dernier() -> Passage | None:
    """Return the last run that ended, or None.

    A run that was killed is always the run of the following day.
    """
    return Passage.objects.finis().first()


def _jours_manquants(dernier: Passage | None, jusqu_a: dt.date) -> list[dt.date]:
    if dernier is None:
        commence = Passage.objects.order_by("jour").first()
        suivant = commence.jour if commence else jusqu_a
    else:
        suivant = dernier.jour + dt.timedelta(days=1)
    if jusqu_a < suivant and not Passage.objects.filter(jour__lte=jusqu_a).exists():
        premier = Passage.objects.order_by("jour")[0].jour
        raise PublicationImpossible(
            f"La première publication est celle du {premier:%d/%m/%Y} : rien n'a paru avant."
        )
    return [suivant + dt.timedelta(days=n) for n in range((jusqu_a - suivant).days + 1)]


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
        curseur.execute(_TABLE_DES_DIFFERENCES + ("DROP" if settings.PGBOUNCER else "DELETE ROWS"))
        sql, valeurs = a_regarder(jour, precedent, apres=passage.derniere, organisme=organisme)
        curseur.execute(f"DECLARE a_regarder NO SCROLL CURSOR WITH HOLD FOR {sql}", valeurs)
        try:
            while lignes := _suivantes(curseur):
                passage.a_traiter = passage.a_traiter or lignes[0][1]
                cles = [cle for cle, _ in lignes]
                for debut in range(0, len(cles), PAR_ENSEMBLE):
                    _ensemble(curseur, passage, cles[debut : debut + PAR_ENSEMBLE])
                if len(lignes) < A_LA_FOIS:
                    break
        finally:
            curseur.execute("CLOSE a_regarder")
        _revoir_les_fiches(curseur, passage)
    return _terminer(passage, precedent, organisme)


def _suivantes(curseur: Any) -> list[tuple[int, int]]:
    curseur.execute(f"FETCH {A_LA_FOIS} FROM a_regarder")
    return curseur.fetchall()


def _ensemble(curseur: Any, passage: UnPassage, cles: list[int]) -> None:
    """Publish these sessions in one transaction.

    When it fails, the set is halved until the faulty session is found, and that session alone is held back.
    """
    try:
        with transaction.atomic():
            _ecrire(curseur, passage, cles)
    except DatabaseError as erreur:
        # Only these errors can come from a record. Errors of connection, lock or time are raised, and the
        # next periodic task resumes from here.
        if not isinstance(erreur, (DataError, IntegrityError, InternalError)) and not isinstance(
            erreur.__cause__, RaiseException
        ):
            raise
        if len(cles) == 1:
            _retenir(passage, cles[0], erreur)
        else:
            milieu = len(cles) // 2
            _ensemble(curseur, passage, cles[:milieu])
            _ensemble(curseur, passage, cles[milieu:])


def _ecrire(curseur: Any, passage: UnPassage, cles: list[int]) -> None:
    jour, ensemble = passage.jour, f"{passage.pk}-{cles[0]}"
    tardives = cles
    curseur.execute(_FICHES_APRES, [jour.isoformat()])
    # The first pass reads the present state. The second one reads, for the sessions saved since midnight,
    # their state at midnight.
    for au_passe in (False, True):
        sql, valeurs = ecarts(jour, tardives, au_passe=au_passe)
        curseur.execute(sql + _CLORE_ET_GARDER, [*valeurs, jour, jour, jour, ensemble])
        if not (tardives := [cle for (cle,) in curseur.fetchall()]):
            break
    valeurs = [
        *(jour, ensemble),
        *(jour, ensemble),
        *(jour, ensemble, ensemble),
        passage.a_traiter,
        len(cles),
        cles[-1],
        ensemble,
        passage.pk,
        cles[-1],
    ]
    curseur.execute(_OUVRIR.format(registre=passage._meta.db_table), valeurs)
    if (compte := curseur.fetchone()) is None:
        raise PublicationImpossible("Une autre publication est en cours : attendez qu'elle se termine.")
    passage.parues, passage.modifiees, passage.retirees, passage.traitees, passage.derniere, _ = compte
    curseur.execute(_FICHES, {"jour": jour, "ensemble": ensemble, "depuis": minuit(jour) - MARGE})


def _revoir_les_fiches(curseur: Any, passage: UnPassage) -> None:
    """Write again what the public searches of the actions saved during the run.

    Whoever closes a session while a set is being written does not see its rows, which do not see the closing.
    Once the sets are committed, whoever comes sees them.
    """
    curseur.execute(_SAISIES_PENDANT, [passage.commence_le, passage.jour])
    actions = [action for (action,) in curseur.fetchall()]
    for debut in range(0, len(actions), PAR_ENSEMBLE):
        curseur.execute("SELECT refaire_les_fiches(%s)", [actions[debut : debut + PAR_ENSEMBLE]])


def _retenir(passage: UnPassage, cle: int, erreur: DatabaseError) -> None:
    """Hold back a session on which the run failed.

    What is public of the session stays as it was. The session is tried again at each run.
    """
    with transaction.atomic():
        ouverte = Retenue.objects.ouvertes().filter(session_id=cle)
        deja = ouverte.filter(Q(raison=Retenue.ERREUR) | Q(du__gte=passage.jour))
        session = Session.objects.filter(pk=cle).only("organisme_id", "identifiant").first()
        if session is not None and not deja.update(detail=str(erreur)[:2000]):
            ouverte.update(au=passage.jour)
            Retenue.objects.create(
                session=session, organisme_id=session.organisme_id, identifiant=session.identifiant,
                raison=Retenue.ERREUR, detail=str(erreur)[:2000], du=passage.jour,
            )  # fmt: skip
            fil.noter_une_erreur(session, passage.jour)
        passage.erreurs, passage.traitees, passage.derniere = passage.erreurs + 1, passage.traitees + 1, cle
        passage.save(update_fields=["erreurs", "traitees", "derniere"])


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


# --- In simulation ---


@dataclass(frozen=True)
class Ecart:
    """The change that a publication would make to one session.

    `nature` is "parait", "change" or "disparait", or None when only `raison` differs.
    """

    session_id: int
    identifiant: str
    action_id: int | None
    offre_id: int | None
    organisme_id: int
    nature: str | None
    raison: str | None
    raison_avant: str | None


def simuler(jour: dt.date, organisme: Organisme | None = None) -> Iterator[Ecart]:
    """Yield the changes that the run of `jour` would make to what is public now, in the order of the run.

    Nothing is written. For a day to come, the catalogue is read as it stands now.
    """
    precedent = registre(organisme).finis().filter(jour__lt=jour).first()
    colonnes = ", ".join(champ.name for champ in fields(Ecart))
    with connection.cursor() as curseur:
        sql, valeurs = a_regarder(jour, precedent, organisme=organisme)
        curseur.execute(sql, valeurs)
        cles = [cle for cle, _ in curseur.fetchall()]
        for debut in range(0, len(cles), PAR_ENSEMBLE):
            restantes = cles[debut : debut + PAR_ENSEMBLE]
            for au_passe in (False, True):
                sql, valeurs = ecarts(jour, restantes, au_passe=au_passe)
                tardives = (
                    f"SELECT session_id, {', '.join(['NULL'] * (len(fields(Ecart)) - 1))}, true FROM tardives"
                )
                curseur.execute(
                    f"{sql} SELECT {colonnes}, false FROM differences UNION ALL {tardives} ORDER BY"
                    " session_id",
                    valeurs,
                )
                lignes = curseur.fetchall()
                yield from (Ecart(*ligne) for *ligne, tardive in lignes if not tardive)
                if not (restantes := [cle for cle, *_, tardive in lignes if tardive]):
                    break


# --- The statements ---

_TABLE_DES_DIFFERENCES = """
CREATE TEMPORARY TABLE IF NOT EXISTS differences_du_jour (
    ensemble text, session_id bigint, identifiant text, action_id bigint, offre_id bigint,
        organisme_id bigint, date_debut date,
    contenu jsonb, contenu_action_id bigint, contenu_offre_id bigint, coordonnees_id bigint,
        empreinte_action text, empreinte_offre text, empreinte_coordonnees text, nature text,
        raison text, raison_avant text, parution_id bigint
) ON COMMIT """

# The end of the statement that `ecarts` begins. It closes what is over, stores the new contents, then the
# differences with their keys, and returns the sessions to read in the past. `ecarts` has looked each content
# up: those that are known have a key, and are not written again. In order, so that all are looked up before
# any is written: PostgreSQL reads a table that was empty from end to end for each of them, and would go
# through what this statement has just added.
_CLORE_ET_GARDER = """
, contenus AS (
    INSERT INTO publication_contenu (empreinte, contenu)
    SELECT empreinte, contenu FROM actions WHERE contenu_id IS NULL AND fiche_id IN (
        SELECT action_id FROM differences WHERE nature IN ('parait', 'change'))
    UNION ALL
    SELECT empreinte, contenu FROM offres WHERE contenu_id IS NULL AND fiche_id IN (
        SELECT offre_id FROM differences WHERE nature IN ('parait', 'change'))
    UNION ALL
    SELECT empreinte, contenu FROM coordonnees WHERE contenu_id IS NULL AND empreinte IN (
        SELECT empreinte_coordonnees FROM differences WHERE nature IN ('parait', 'change'))
    ORDER BY empreinte
    ON CONFLICT DO NOTHING
    RETURNING id, empreinte
), parutions AS (
    UPDATE publication_parution AS p SET au = %s FROM differences AS d
    WHERE d.nature IN ('change', 'disparait') AND p.id = d.parution_id AND p.au IS NULL
), retenues AS (
    UPDATE publication_retenue AS r SET au = %s FROM differences AS d
    WHERE d.raison IS DISTINCT FROM d.raison_avant AND r.session_id = d.session_id AND r.au IS NULL
        AND r.du < %s
), gardees AS (
    INSERT INTO differences_du_jour
    SELECT %s, d.session_id, d.identifiant, d.action_id, d.offre_id, d.organisme_id, d.date_debut, d.contenu,
        coalesce(d.contenu_action_id, a.id), coalesce(d.contenu_offre_id, o.id),
        coalesce(d.coordonnees_id, k.id), d.empreinte_action, d.empreinte_offre, d.empreinte_coordonnees,
        d.nature, d.raison, d.raison_avant, d.parution_id
    FROM differences AS d
    LEFT JOIN contenus AS a ON a.empreinte = d.empreinte_action
    LEFT JOIN contenus AS o ON o.empreinte = d.empreinte_offre
    LEFT JOIN contenus AS k ON k.empreinte = d.empreinte_coordonnees
) SELECT session_id FROM tardives"""

# A content has no key here when another run (that of a sandbox) has stored it meanwhile: CASE, for the others
# are not looked up by their digests.
# The commit of this statement does not wait for the disk: if the machine crashes, the register loses the set
# too, and the set is done again. The end of the run waits for the disk.
_OUVRIR = """
WITH paraissent AS (
    INSERT INTO publication_parution
        (du, session_id, action_id, offre_id, organisme_id, date_debut, contenu, contenu_action_id,
            contenu_offre_id, coordonnees_id)
    SELECT %s, d.session_id, d.action_id, d.offre_id, d.organisme_id, d.date_debut, d.contenu,
        coalesce(d.contenu_action_id, a.id), coalesce(d.contenu_offre_id, o.id),
        coalesce(d.coordonnees_id, k.id)
    FROM differences_du_jour AS d
    LEFT JOIN publication_contenu AS a
        ON a.empreinte = CASE WHEN d.contenu_action_id IS NULL THEN d.empreinte_action END
    LEFT JOIN publication_contenu AS o
        ON o.empreinte = CASE WHEN d.contenu_offre_id IS NULL THEN d.empreinte_offre END
    LEFT JOIN publication_contenu AS k
        ON k.empreinte = CASE WHEN d.coordonnees_id IS NULL THEN d.empreinte_coordonnees END
    WHERE d.ensemble = %s AND d.nature IN ('parait', 'change')
), retenues AS (
    INSERT INTO publication_retenue (du, session_id, organisme_id, identifiant, raison, detail)
    SELECT %s, session_id, organisme_id, identifiant, raison, '' FROM differences_du_jour
    WHERE ensemble = %s AND raison IS NOT NULL AND raison IS DISTINCT FROM raison_avant
), traces AS (
    INSERT INTO publication_trace (organisme_id, instant, niveau, nature, jour, raison, fiches)
    SELECT organisme_id, clock_timestamp(), 'session', fait, %s, motif,
        array_agg(session_id ORDER BY session_id)
    FROM (
        SELECT organisme_id, session_id, '' AS motif, CASE nature WHEN 'parait' THEN 'parue'
            WHEN 'change' THEN 'modifiee' ELSE 'retiree' END AS fait
        FROM differences_du_jour WHERE ensemble = %s AND nature IS NOT NULL
        UNION ALL
        SELECT organisme_id, session_id, raison, 'retenue' FROM differences_du_jour
        WHERE ensemble = %s AND raison IS NOT NULL AND raison IS DISTINCT FROM raison_avant
    ) AS faits
    GROUP BY organisme_id, fait, motif
)
UPDATE {registre} SET parues = parues + n.paraissent, modifiees = modifiees + n.changent,
    retirees = retirees + n.disparaissent,
    a_traiter = %s, traitees = traitees + %s, derniere = %s
FROM (
    SELECT count(*) FILTER (WHERE nature = 'parait') AS paraissent, count(*)
        FILTER (WHERE nature = 'change') AS changent,
        count(*) FILTER (WHERE nature = 'disparait') AS disparaissent
    FROM differences_du_jour WHERE ensemble = %s
) AS n
WHERE id = %s AND derniere < %s
RETURNING parues, modifiees, retirees, traitees, derniere, set_config('synchronous_commit', 'off', true)"""

# What the public searches follows the parutions (publication/fiches.py), by triggers elsewhere. In a run,
# what is closed and opened again by a set is written once, at its end; their words come after the run.
_FICHES_APRES = """
SELECT set_config('publication.fiches_apres', 'oui', true),
    set_config('publication.mots_apres', 'oui', true),
    set_config('publication.jour_du_passage', %s, true)"""
# Sessions that appear are added to the row of their action, whose other sessions are not read: the row says
# those that are visible. An action without a row has nothing else that is visible: what appears makes it. All
# the other actions are made again from their parutions: those of which a session changes or disappears, or
# whose contents have changed, and those of which something that hides may have been saved since midnight.
# Whoever changes another session of these actions waits here, or holds the run, in the order in which
# `refaire_les_fiches` takes them (`tenues`). What they have saved is looked for once they are held.
_FICHES = """
WITH a_refaire AS MATERIALIZED (
    SELECT DISTINCT unnest(ARRAY[d.action_id, p.action_id]) AS action_id
    FROM differences_du_jour AS d JOIN publication_parution AS p ON p.id = d.parution_id
    WHERE d.ensemble = %(ensemble)s AND d.nature IN ('change', 'disparait')
), apparues AS MATERIALIZED (
    SELECT action_id, min(offre_id) AS offre_id, min(organisme_id) AS organisme_id,
        min(contenu_offre_id) AS contenu_offre_id, min(contenu_action_id) AS contenu_action_id,
        count(*) AS nombre, min(date_debut) AS prochaine, bool_or(garantie) AS garantie,
        coalesce(range_agg(debut) FILTER (WHERE debut IS NOT NULL), '{}') AS debuts,
        coalesce(range_agg(debut) FILTER (WHERE debut IS NOT NULL AND garantie), '{}') AS debuts_garantis
    FROM (
        SELECT *, CASE WHEN date_debut IS NOT NULL THEN daterange(date_debut, date_debut, '[]') END AS debut,
            coalesce((contenu ->> 'garantie')::boolean, false) AS garantie
        FROM differences_du_jour
        WHERE ensemble = %(ensemble)s AND nature = 'parait'
            AND action_id NOT IN (SELECT action_id FROM a_refaire WHERE action_id IS NOT NULL)
        OFFSET 0
    ) AS d
    GROUP BY action_id
), tenues AS MATERIALIZED (
    SELECT FROM publication_fichepublique WHERE action_id = ANY (ARRAY(
        SELECT action_id FROM a_refaire UNION ALL SELECT action_id FROM apparues))
    ORDER BY action_id FOR UPDATE
), touchees AS MATERIALIZED (
    SELECT unnest(actions_touchees(%(depuis)s)) AS action_id FROM (SELECT count(*) FROM tenues) AS t
), sures AS MATERIALIZED (
    SELECT * FROM apparues
    -- No more than 10,001 are given: then, nobody knows of the others.
    WHERE (SELECT count(*) FROM touchees) <= 10000 AND action_id NOT IN (SELECT action_id FROM touchees)
), ajoutees AS (
    UPDATE publication_fichepublique AS f
    SET nombre = f.nombre + a.nombre, prochaine = least(f.prochaine, a.prochaine),
        garantie = f.garantie OR a.garantie, debuts = f.debuts + a.debuts,
        debuts_garantis = f.debuts_garantis + a.debuts_garantis
    FROM sures AS a
    WHERE f.action_id = a.action_id
        AND (f.offre_id, f.contenu_offre_id, f.contenu_action_id)
            = (a.offre_id, a.contenu_offre_id, a.contenu_action_id)
    RETURNING f.action_id
), neuves AS MATERIALIZED (
    SELECT * FROM sures
    WHERE action_id NOT IN (SELECT action_id FROM ajoutees)
        -- Nothing of a sandbox is ever written where the public searches.
        AND organisme_id NOT IN (SELECT id FROM organismes_organisme WHERE bac_a_sable)
), ecrites AS (
    INSERT INTO publication_fichepublique (
        action_id, offre_id, organisme_id, contenu_offre_id, contenu_action_id,
        type_offre, certification, niveau,
        modalite, entrees, langue, rythmes, accessible, prix, duree,
        lieu, latitude, longitude,
        du, nombre, prochaine, garantie, debuts, debuts_garantis)
    SELECT n.action_id, n.offre_id, n.organisme_id, t.*,
        %(jour)s, n.nombre, n.prochaine, n.garantie, n.debuts, n.debuts_garantis
    FROM neuves AS n
    JOIN traits_publics(
        ARRAY(SELECT contenu_offre_id FROM neuves), ARRAY(SELECT contenu_action_id FROM neuves)
    ) AS t USING (contenu_offre_id, contenu_action_id)
    ON CONFLICT DO NOTHING
    RETURNING action_id
)
SELECT set_config('publication.fiches_apres', '', true), refaire_les_fiches(ARRAY(
    SELECT action_id FROM a_refaire
    UNION ALL
    (SELECT action_id FROM apparues
        EXCEPT SELECT action_id FROM ajoutees EXCEPT SELECT action_id FROM ecrites)
)), set_config('publication.mots_apres', '', true), set_config('publication.jour_du_passage', '', true)"""

# An hour before the run, for what was stamped then and committed later. The actions that were touched are
# 10,001 at most: then, all that the day has shown.
_SAISIES_PENDANT = """
WITH touchees AS MATERIALIZED (
    SELECT DISTINCT unnest(actions_touchees(%s - interval '1 hour')) AS action_id
), combien AS MATERIALIZED (
    SELECT count(*) > 10000 AS trop FROM touchees
)
SELECT action_id FROM touchees
UNION
SELECT action_id FROM publication_parution
WHERE (SELECT trop FROM combien) AND du = %s AND au IS NULL"""
