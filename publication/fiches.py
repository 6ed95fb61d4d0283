"""What the public searches: a row of `FichePublique` per action that has something public.

The rows are those of `visibilite.publiques`, an action for each. The database writes them
(`publication/migrations/sql/fiches.sql`): a trigger on each table that decides what is public makes the
actions concerned again, in the same transaction. So what is withdrawn leaves at once, whoever withdraws it
(D-20), and no door can forget it. The nightly run writes them once for each of its sets: what appears is
added to the row of its action, or makes it (`_DE_L_ENSEMBLE`).

The database does not know the day: what a run has published for a day to come is left out here.

The words of these actions are in `MotsPublics`. A run leaves them for just after: an action that appears is
found by its filters at once, and by its words some seconds later.
"""

import datetime as dt
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from edof.horloge import aujourd_hui, minuit
from publication.ecarts import MARGE
from publication.models import FichePublique
from publication.models.passages import UnPassage

# How many actions have their words written at once, or are made again after a run.
ACTIONS_PAR_ENSEMBLE, ACTIONS_REFAITES = 2_000, 10_000
_MOTS = """
WITH a_ecrire AS (
    SELECT f.action_id FROM publication_fichepublique AS f
    LEFT JOIN publication_motspublics AS m ON m.action_id = f.action_id
        AND (m.contenu_offre_id, m.contenu_action_id) = (f.contenu_offre_id, f.contenu_action_id)
    WHERE m.action_id IS NULL AND f.action_id > %s
    ORDER BY f.action_id LIMIT %s
), ecrites AS (
    SELECT array_agg(action_id) AS actions, max(action_id) AS derniere FROM a_ecrire
)
SELECT derniere, ecrire_les_mots(actions) FROM ecrites WHERE derniere IS NOT NULL"""


def ecrire_les_mots() -> None:
    """Write the words of the actions that have appeared or changed, by sets, each in its own transaction.

    What a stop leaves is written by the next call.
    """
    derniere = 0
    with connection.cursor() as curseur:
        while True:
            curseur.execute(_MOTS, [derniere, ACTIONS_PAR_ENSEMBLE])
            if (ligne := curseur.fetchone()) is None:
                return
            derniere = ligne[0]


def fiches() -> QuerySet[FichePublique]:
    """Return the actions that have something public now."""
    return FichePublique.objects.filter(du__lte=aujourd_hui())


# --- In a run ---


def laisser_pour_apres(curseur: Any, jour: dt.date) -> None:
    """Keep the triggers of parutions from writing the rows, in this transaction of the run of `jour`."""
    curseur.execute(_POUR_APRES, [jour.isoformat()])


def ecrire_celles_de_l_ensemble(curseur: Any, jour: dt.date, ensemble: str) -> None:
    """Write the rows of the actions of which the run of `jour` has just changed sessions, in this set.

    The set is named as in the table `differences_du_jour` (publication/ensembles.py).
    """
    curseur.execute(_DE_L_ENSEMBLE, {"jour": jour, "ensemble": ensemble, "depuis": minuit(jour) - MARGE})


def revoir_celles_du_passage(curseur: Any, passage: UnPassage) -> None:
    """Write again what the public searches of the actions saved during the run.

    Whoever closes a session while a set is being written does not see its rows, which do not see the closing.
    Once the sets are committed, whoever comes sees them.
    """
    curseur.execute(_SAISIES_PENDANT, [passage.commence_le, passage.jour])
    actions = [action for (action,) in curseur.fetchall()]
    for debut in range(0, len(actions), ACTIONS_REFAITES):
        curseur.execute("SELECT refaire_les_fiches(%s)", [actions[debut : debut + ACTIONS_REFAITES]])


# What is closed and opened again by a set is written once, at its end; the words come after the run.
_POUR_APRES = """
SELECT set_config('publication.fiches_apres', 'oui', true),
    set_config('publication.mots_apres', 'oui', true),
    set_config('publication.jour_du_passage', %s, true)"""
# Sessions that appear are added to the row of their action, whose other sessions are not read: the row says
# those that are visible. An action without a row has nothing else that is visible: what appears makes it. All
# the other actions are made again from their parutions: those of which a session changes or disappears, or
# whose contents have changed, and those of which something that hides may have been saved since midnight.
# Whoever changes another session of these actions waits here, or holds the run, in the order in which
# `refaire_les_fiches` takes them (`tenues`). What they have saved is looked for once they are held.
_DE_L_ENSEMBLE = """
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
