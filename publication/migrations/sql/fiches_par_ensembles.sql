-- The rows of the search, written by sets (fiches.sql says what they are, and when): every table is read once,
-- by keys, and joined in memory. A night in which everything is new pays half as much for them.

-- The sessions, of these, that the public does not see now. The condition is that of `publiques`
-- (publication/visibilite.py), compiled and written down, as a migration writes down the constraints of a
-- model: tests/publication/test_fiches.py compares them.
CREATE OR REPLACE FUNCTION sessions_cachees(sessions bigint[]) RETURNS bigint[] LANGUAGE plpgsql
-- The rows are found one by one, by key, whatever their number: PostgreSQL must not read the tables whole.
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = on
AS $$
BEGIN
    RETURN ARRAY(
        SELECT s.id FROM unnest(sessions) AS s (id)
        WHERE NOT EXISTS (
            SELECT 1 FROM (
                SELECT "sessions_app_session"."id" AS "pk" FROM "sessions_app_session"
                INNER JOIN "organismes_organisme"
                    ON ("sessions_app_session"."organisme_id" = "organismes_organisme"."id")
                INNER JOIN "catalogue_action"
                    ON ("sessions_app_session"."action_id" = "catalogue_action"."id")
                INNER JOIN "catalogue_offre"
                    ON ("catalogue_action"."offre_id" = "catalogue_offre"."id")
                WHERE (NOT "organismes_organisme"."bac_a_sable"
                    AND NOT "organismes_organisme"."suspendu"
                    AND "catalogue_offre"."statut" = 'active'
                    AND "catalogue_action"."statut" = 'active'
                    AND "sessions_app_session"."statut" = 'active'
                    AND "sessions_app_session"."ouverte"
                    AND EXISTS(SELECT 1 AS "a" FROM "publication_parution" U0
                        WHERE (U0."au" IS NULL
                            AND U0."du" > ("sessions_app_session"."ouverte_depuis"
                                AT TIME ZONE 'Europe/Paris')::date
                            AND U0."session_id" = ("sessions_app_session"."id")) LIMIT 1))
            ) AS visibles WHERE visibles.pk = s.id
        )
    );
END;
$$;

-- The actions of which something that may hide them has been saved since then, 10,001 at most.
CREATE OR REPLACE FUNCTION actions_touchees(depuis timestamptz) RETURNS bigint[] LANGUAGE plpgsql
-- PostgreSQL must know the instant: few rows, if any, are as recent.
SET plan_cache_mode = force_custom_plan
SET enable_nestloop = on
AS $$
BEGIN
    RETURN ARRAY(
        SELECT action_id FROM sessions_app_session WHERE modifie_le >= depuis
        UNION ALL
        SELECT id FROM catalogue_action WHERE modifie_le >= depuis
        UNION ALL
        SELECT a.id FROM catalogue_offre AS o JOIN catalogue_action AS a ON a.offre_id = o.id
        WHERE o.modifie_le >= depuis
        UNION ALL
        SELECT a.id FROM organismes_organisme AS g JOIN catalogue_action AS a ON a.organisme_id = g.id
        WHERE g.modifie_le >= depuis
        LIMIT 10001
    );
END;
$$;

CREATE OR REPLACE FUNCTION refaire_les_fiches(actions bigint[]) RETURNS void LANGUAGE plpgsql
-- Keys are in arrays, whose length PostgreSQL does not know: what they find is joined in memory, and not by a
-- loop in a loop.
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
AS $$
DECLARE
    -- The day that a run is publishing (publication/passages.py).
    le_jour date := nullif(current_setting('publication.jour_du_passage', true), '')::date;
    -- An hour before its midnight, for what was stamped then and committed later.
    depuis timestamptz := le_jour::timestamp AT TIME ZONE 'Europe/Paris' - interval '1 hour';
    touchees bigint[];
    cachees bigint[];
    -- Nothing of a sandbox is ever written where the public searches.
    bacs bigint[] := ARRAY(SELECT id FROM organismes_organisme WHERE bac_a_sable);
BEGIN
    IF cardinality(actions) IS NULL OR cardinality(actions) = 0 THEN
        RETURN;
    END IF;
    -- Whoever changes another session of the same action waits here. What follows is another statement: it
    -- reads what they have written.
    PERFORM 1 FROM publication_fichepublique WHERE action_id = ANY (actions) ORDER BY action_id FOR UPDATE;
    -- What the run shows is visible, unless somebody has saved since midnight something that hides it. All the
    -- rest is asked again.
    IF le_jour IS NOT NULL THEN
        touchees := actions_touchees(depuis);
    END IF;
    IF cardinality(touchees) > 10000 THEN
        le_jour := NULL;
    END IF;
    cachees := sessions_cachees(ARRAY(
        SELECT session_id FROM publication_parution
        WHERE action_id = ANY (actions) AND au IS NULL AND organisme_id NOT IN (SELECT unnest(bacs))
            AND (du = le_jour AND action_id NOT IN (SELECT unnest(touchees))) IS NOT TRUE));
    WITH vues AS MATERIALIZED (
        SELECT action_id, min(offre_id) AS offre_id, min(organisme_id) AS organisme_id,
            -- The contents of the latest parution: all have the same, but for a session that a run failed on.
            max(ARRAY[du - DATE '2000-01-01', contenu_offre_id, contenu_action_id]) AS derniere,
            min(du) AS du, count(*) AS nombre, min(date_debut) AS prochaine,
            bool_or(garantie) AS garantie,
            coalesce(range_agg(jour) FILTER (WHERE jour IS NOT NULL), '{}') AS debuts,
            coalesce(range_agg(jour) FILTER (WHERE jour IS NOT NULL AND garantie), '{}') AS debuts_garantis
        FROM (
            SELECT *,
                CASE WHEN date_debut IS NOT NULL THEN daterange(date_debut, date_debut, '[]') END AS jour,
                coalesce((contenu ->> 'garantie')::boolean, false) AS garantie
            FROM publication_parution
            WHERE action_id = ANY (actions) AND au IS NULL AND organisme_id NOT IN (SELECT unnest(bacs))
                AND session_id NOT IN (SELECT unnest(cachees))
        ) AS parutions
        GROUP BY action_id
    ), retirees AS (
        DELETE FROM publication_fichepublique AS f
        WHERE f.action_id = ANY (actions) AND NOT EXISTS (SELECT 1 FROM vues WHERE action_id = f.action_id)
    ), memes_contenus AS (
        UPDATE publication_fichepublique AS f
        SET (du, nombre, prochaine, garantie, debuts, debuts_garantis)
            = (v.du, v.nombre, v.prochaine, v.garantie, v.debuts, v.debuts_garantis)
        FROM vues AS v
        WHERE f.action_id = ANY (actions) AND f.action_id = v.action_id
            AND (f.contenu_offre_id, f.contenu_action_id) = (v.derniere[2], v.derniere[3])
            AND (f.du, f.nombre, f.prochaine, f.garantie, f.debuts, f.debuts_garantis)
                IS DISTINCT FROM (v.du, v.nombre, v.prochaine, v.garantie, v.debuts, v.debuts_garantis)
    ), neuves AS MATERIALIZED (
        -- Those whose contents are read.
        SELECT v.*, v.derniere[2] AS contenu_offre_id, v.derniere[3] AS contenu_action_id
        FROM vues AS v
        LEFT JOIN publication_fichepublique AS deja
            ON deja.action_id = ANY (actions) AND deja.action_id = v.action_id
            AND (deja.contenu_offre_id, deja.contenu_action_id) = (v.derniere[2], v.derniere[3])
        WHERE deja.action_id IS NULL
    ), offres_lues AS MATERIALIZED (
        -- Each content is uncompressed once: each `->>` of it would do it again.
        SELECT c.id, o.* FROM publication_contenu AS c
        CROSS JOIN LATERAL (
            SELECT * FROM jsonb_to_record(c.contenu) AS x (type_offre text, certification jsonb) OFFSET 0
        ) AS o
        WHERE c.id = ANY (ARRAY(SELECT contenu_offre_id FROM neuves))
    ), actions_lues AS MATERIALIZED (
        SELECT c.id, a.*, a.lieu ->> 'code_postal' AS code_postal, a.lieu ->> 'ville' AS ville
        FROM publication_contenu AS c
        CROSS JOIN LATERAL (
            SELECT * FROM jsonb_to_record(c.contenu) AS x (
                modalites_enseignement text, modalites_entrees_sorties text, langue text, rythmes text[],
                lieu jsonb, total_ttc numeric(12, 2), duree_totale integer) OFFSET 0
        ) AS a
        WHERE c.id = ANY (ARRAY(SELECT contenu_action_id FROM neuves))
    ), lieux AS MATERIALIZED (
        -- Many actions are in the same town: its name is folded once.
        SELECT code_postal, ville, cle_du_lieu(code_postal, ville) AS cle
        FROM (SELECT DISTINCT coalesce(code_postal, '') AS code_postal, coalesce(ville, '') AS ville
            FROM actions_lues WHERE modalites_enseignement IS DISTINCT FROM 'a_distance' OFFSET 0) AS l
    )
    INSERT INTO publication_fichepublique AS f (
        action_id, offre_id, organisme_id, contenu_offre_id, contenu_action_id,
        type_offre, certification, niveau,
        modalite, entrees, langue, rythmes, accessible, prix, duree,
        lieu, latitude, longitude,
        du, nombre, prochaine, garantie, debuts, debuts_garantis)
    SELECT v.action_id, v.offre_id, v.organisme_id, v.contenu_offre_id, v.contenu_action_id,
        coalesce(o.type_offre, ''), coalesce(o.certification ->> 'code', ''),
        coalesce(o.certification ->> 'niveau', ''),
        coalesce(a.modalites_enseignement, ''), coalesce(a.modalites_entrees_sorties, ''),
        coalesce(a.langue, ''), coalesce(a.rythmes, '{}'),
        coalesce((a.lieu ->> 'conformite_reglementaire')::boolean, false), a.total_ttc, a.duree_totale,
        coalesce(l.cle, ''),
        CASE WHEN a.modalites_enseignement <> 'a_distance' THEN (a.lieu ->> 'latitude')::float8 END,
        CASE WHEN a.modalites_enseignement <> 'a_distance' THEN (a.lieu ->> 'longitude')::float8 END,
        v.du, v.nombre, v.prochaine, v.garantie, v.debuts, v.debuts_garantis
    FROM neuves AS v
    JOIN offres_lues AS o ON o.id = v.contenu_offre_id
    JOIN actions_lues AS a ON a.id = v.contenu_action_id
    LEFT JOIN lieux AS l ON a.modalites_enseignement IS DISTINCT FROM 'a_distance'
        AND l.code_postal = coalesce(a.code_postal, '') AND l.ville = coalesce(a.ville, '')
    ON CONFLICT (action_id) DO UPDATE SET (
        offre_id, organisme_id, contenu_offre_id, contenu_action_id, type_offre, certification, niveau,
        modalite, entrees, langue, rythmes, accessible, prix, duree, lieu, latitude, longitude,
        du, nombre, prochaine, garantie, debuts, debuts_garantis
    ) = (
        EXCLUDED.offre_id, EXCLUDED.organisme_id, EXCLUDED.contenu_offre_id, EXCLUDED.contenu_action_id,
        EXCLUDED.type_offre, EXCLUDED.certification, EXCLUDED.niveau,
        EXCLUDED.modalite, EXCLUDED.entrees, EXCLUDED.langue, EXCLUDED.rythmes, EXCLUDED.accessible,
        EXCLUDED.prix, EXCLUDED.duree, EXCLUDED.lieu, EXCLUDED.latitude, EXCLUDED.longitude,
        EXCLUDED.du, EXCLUDED.nombre, EXCLUDED.prochaine, EXCLUDED.garantie, EXCLUDED.debuts,
        EXCLUDED.debuts_garantis
    );
    IF current_setting('publication.mots_apres', true) IS DISTINCT FROM 'oui' THEN
        PERFORM ecrire_les_mots(actions);
    END IF;
END;
$$;
