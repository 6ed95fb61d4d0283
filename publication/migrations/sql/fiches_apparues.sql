-- The rows of the search, made by a run from what it has just read: an action of which all is new is no
-- longer read again in the parutions (publication/fiches.py). What is read of contents is apart, for both.

-- What the search reads of contents: a row for each of these pairs of contents of an offre and of an action.
CREATE FUNCTION traits_publics(offres bigint[], actions bigint[]) RETURNS TABLE (
    contenu_offre_id bigint, contenu_action_id bigint, type_offre text, certification text, niveau text,
    modalite text, entrees text, langue text, rythmes text[], accessible boolean, prix numeric, duree integer,
    lieu text, latitude float8, longitude float8
) LANGUAGE plpgsql
-- Contents are found one by one, by key, and joined in memory.
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
SET enable_seqscan = off
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    -- `|| '{}'` gives a content as it is, uncompressed: each `->>` of the row would uncompress it again.
    WITH offres_lues AS MATERIALIZED (
        SELECT id, coalesce(contenu ->> 'type_offre', '') AS type_offre,
            coalesce(contenu -> 'certification' ->> 'code', '') AS code,
            coalesce(contenu -> 'certification' ->> 'niveau', '') AS niveau
        FROM (
            SELECT id, contenu || '{}' AS contenu FROM publication_contenu WHERE id = ANY (offres) OFFSET 0
        ) AS c
    ), actions_lues AS MATERIALIZED (
        SELECT id, contenu ->> 'modalites_enseignement' AS modalite,
            contenu ->> 'modalites_entrees_sorties' AS entrees, contenu ->> 'langue' AS langue,
            ARRAY(SELECT jsonb_array_elements_text(contenu -> 'rythmes')
                WHERE jsonb_typeof(contenu -> 'rythmes') = 'array') AS rythmes,
            (contenu ->> 'total_ttc')::numeric(12, 2) AS prix, (contenu ->> 'duree_totale')::integer AS duree,
            contenu -> 'lieu' ->> 'code_postal' AS code_postal, contenu -> 'lieu' ->> 'ville' AS ville,
            (contenu -> 'lieu' ->> 'latitude')::float8 AS latitude,
            (contenu -> 'lieu' ->> 'longitude')::float8 AS longitude,
            (contenu -> 'lieu' ->> 'conformite_reglementaire')::boolean AS accessible
        FROM (
            SELECT id, contenu || '{}' AS contenu FROM publication_contenu WHERE id = ANY (actions) OFFSET 0
        ) AS c
    ), lieux AS MATERIALIZED (
        -- Many actions are in the same town: its name is folded once.
        SELECT code_postal, ville, cle_du_lieu(code_postal, ville) AS cle
        FROM (SELECT DISTINCT coalesce(code_postal, '') AS code_postal, coalesce(ville, '') AS ville
            FROM actions_lues WHERE modalite IS DISTINCT FROM 'a_distance' OFFSET 0) AS l
    )
    SELECT p.offre, p.action, o.type_offre, o.code, o.niveau,
        coalesce(a.modalite, ''), coalesce(a.entrees, ''), coalesce(a.langue, ''), a.rythmes,
        coalesce(a.accessible, false), a.prix, a.duree, coalesce(l.cle, ''),
        CASE WHEN a.modalite <> 'a_distance' THEN a.latitude END,
        CASE WHEN a.modalite <> 'a_distance' THEN a.longitude END
    FROM (SELECT DISTINCT * FROM unnest(offres, actions) AS u (offre, action)) AS p
    JOIN offres_lues AS o ON o.id = p.offre
    JOIN actions_lues AS a ON a.id = p.action
    LEFT JOIN lieux AS l ON a.modalite IS DISTINCT FROM 'a_distance'
        AND l.code_postal = coalesce(a.code_postal, '') AND l.ville = coalesce(a.ville, '');
END;
$$;

CREATE OR REPLACE FUNCTION refaire_les_fiches(actions bigint[]) RETURNS void LANGUAGE plpgsql
-- Keys are in arrays, whose length PostgreSQL does not know: what they find is joined in memory, and not by a
-- loop in a loop.
SET plan_cache_mode = force_generic_plan
SET enable_nestloop = off
SET enable_seqscan = off
AS $$
DECLARE
    -- The day that a run is publishing (publication/fiches.py).
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
    -- What the run shows is visible, unless somebody has saved since midnight something that hides it. All
    -- the rest is asked again.
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
    )
    INSERT INTO publication_fichepublique AS f (
        action_id, offre_id, organisme_id, contenu_offre_id, contenu_action_id,
        type_offre, certification, niveau,
        modalite, entrees, langue, rythmes, accessible, prix, duree,
        lieu, latitude, longitude,
        du, nombre, prochaine, garantie, debuts, debuts_garantis)
    SELECT v.action_id, v.offre_id, v.organisme_id, t.*,
        v.du, v.nombre, v.prochaine, v.garantie, v.debuts, v.debuts_garantis
    FROM neuves AS v
    JOIN traits_publics(
        ARRAY(SELECT contenu_offre_id FROM neuves), ARRAY(SELECT contenu_action_id FROM neuves)
    ) AS t USING (contenu_offre_id, contenu_action_id)
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
