-- What the public side searches (publication/fiches.py): a row per action of which the public reads something
-- now. The triggers below write it in the transaction of whatever changes what is public, whatever the door:
-- a screen, the administration, a lot, an import, the run, an SQL statement.
--
-- The condition on sessions is that of `visibles` (publication/visibilite.py), compiled and written down, as
-- a migration writes down the constraints of a model: tests/publication/test_fiches.py compares them.
CREATE FUNCTION refaire_les_fiches(actions bigint[]) RETURNS void LANGUAGE plpgsql
-- The rows are found one by one, by key, whatever their number: PostgreSQL must not read the tables whole.
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    IF cardinality(actions) IS NULL OR cardinality(actions) = 0 THEN
        RETURN;
    END IF;
    -- Whoever changes another session of the same action waits here. What follows is another statement: it
    -- reads what they have written.
    PERFORM 1 FROM publication_fichepublique WHERE action_id = ANY (actions) ORDER BY action_id FOR UPDATE;
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
            WHERE action_id = ANY (actions) AND au IS NULL AND EXISTS (
                SELECT 1 FROM (
                    SELECT "sessions_app_session"."id" AS "pk" FROM "sessions_app_session"
                    INNER JOIN "organismes_organisme"
                        ON ("sessions_app_session"."organisme_id" = "organismes_organisme"."id")
                    INNER JOIN "catalogue_action"
                        ON ("sessions_app_session"."action_id" = "catalogue_action"."id")
                    INNER JOIN "catalogue_offre"
                        ON ("catalogue_action"."offre_id" = "catalogue_offre"."id")
                    WHERE (NOT "organismes_organisme"."suspendu"
                        AND "catalogue_offre"."statut" = 'active'
                        AND "catalogue_action"."statut" = 'active'
                        AND "sessions_app_session"."statut" = 'active'
                        AND "sessions_app_session"."ouverte"
                        AND EXISTS(SELECT 1 AS "a" FROM "publication_parution" U0
                            WHERE (U0."au" IS NULL
                                AND U0."du" > ("sessions_app_session"."ouverte_depuis"
                                    AT TIME ZONE 'Europe/Paris')::date
                                AND U0."session_id" = ("sessions_app_session"."id")) LIMIT 1))
                ) AS visibles WHERE visibles.pk = publication_parution.session_id
            )
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
        WHERE f.action_id = v.action_id
            AND (f.contenu_offre_id, f.contenu_action_id) = (v.derniere[2], v.derniere[3])
            AND (f.du, f.nombre, f.prochaine, f.garantie, f.debuts, f.debuts_garantis)
                IS DISTINCT FROM (v.du, v.nombre, v.prochaine, v.garantie, v.debuts, v.debuts_garantis)
    )
    INSERT INTO publication_fichepublique AS f (
        action_id, offre_id, organisme_id, contenu_offre_id, contenu_action_id,
        type_offre, certification, niveau,
        modalite, entrees, langue, rythmes, accessible, prix, duree,
        lieu, latitude, longitude,
        du, nombre, prochaine, garantie, debuts, debuts_garantis)
    SELECT v.action_id, v.offre_id, v.organisme_id, v.derniere[2], v.derniere[3],
        coalesce(o.type_offre, ''), coalesce(o.certification ->> 'code', ''),
        coalesce(o.certification ->> 'niveau', ''),
        coalesce(a.modalites_enseignement, ''), coalesce(a.modalites_entrees_sorties, ''),
        coalesce(a.langue, ''), coalesce(a.rythmes, '{}'),
        coalesce((a.lieu ->> 'conformite_reglementaire')::boolean, false), a.total_ttc, a.duree_totale,
        CASE WHEN a.modalites_enseignement = 'a_distance' THEN ''
            ELSE cle_du_lieu(a.lieu ->> 'code_postal', a.lieu ->> 'ville') END,
        CASE WHEN a.modalites_enseignement <> 'a_distance' THEN (a.lieu ->> 'latitude')::float8 END,
        CASE WHEN a.modalites_enseignement <> 'a_distance' THEN (a.lieu ->> 'longitude')::float8 END,
        v.du, v.nombre, v.prochaine, v.garantie, v.debuts, v.debuts_garantis
    FROM vues AS v
    LEFT JOIN publication_fichepublique AS deja ON deja.action_id = v.action_id
        AND (deja.contenu_offre_id, deja.contenu_action_id) = (v.derniere[2], v.derniere[3])
    JOIN publication_contenu AS co ON co.id = v.derniere[2]
    JOIN publication_contenu AS ca ON ca.id = v.derniere[3]
    -- Read once: each `->>` would uncompress the whole content again.
    CROSS JOIN LATERAL (
        SELECT * FROM jsonb_to_record(co.contenu) AS x (type_offre text, certification jsonb) OFFSET 0
    ) AS o
    CROSS JOIN LATERAL (
        SELECT * FROM jsonb_to_record(ca.contenu) AS x (
            modalites_enseignement text, modalites_entrees_sorties text, langue text, rythmes text[],
            lieu jsonb, total_ttc numeric(12, 2), duree_totale integer) OFFSET 0
    ) AS a
    WHERE deja.action_id IS NULL
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

-- The words of these actions, where their contents have changed. A run leaves them for just after: they are
-- most of the work of a night in which everything is new.
CREATE FUNCTION ecrire_les_mots(actions bigint[]) RETURNS void LANGUAGE plpgsql
SET plan_cache_mode = force_generic_plan
AS $$
BEGIN
    WITH a_ecrire AS MATERIALIZED (
        SELECT f.action_id, f.contenu_offre_id, f.contenu_action_id
        FROM publication_fichepublique AS f
        LEFT JOIN publication_motspublics AS m ON m.action_id = f.action_id
            AND (m.contenu_offre_id, m.contenu_action_id) = (f.contenu_offre_id, f.contenu_action_id)
        WHERE f.action_id = ANY (actions) AND m.action_id IS NULL
    ), offres AS MATERIALIZED (
        SELECT c.id, c.contenu -> 'organisme' ->> 'siret' AS siret, m.*
        FROM publication_contenu AS c CROSS JOIN LATERAL mots_de_l_offre(c.contenu) AS m
        WHERE c.id IN (SELECT contenu_offre_id FROM a_ecrire)
    )
    INSERT INTO publication_motspublics (
        action_id, contenu_offre_id, contenu_action_id, mots, racines, contenus, exacts)
    SELECT e.action_id, e.contenu_offre_id, e.contenu_action_id,
        o.mots || m.mots, o.racines || m.racines, o.contenus, o.exacts || m.exacts
    FROM a_ecrire AS e
    JOIN offres AS o ON o.id = e.contenu_offre_id
    JOIN publication_contenu AS c ON c.id = e.contenu_action_id
    CROSS JOIN LATERAL mots_de_l_action(c.contenu, o.siret) AS m
    ON CONFLICT (action_id) DO UPDATE SET (
        contenu_offre_id, contenu_action_id, mots, racines, contenus, exacts
    ) = (EXCLUDED.contenu_offre_id, EXCLUDED.contenu_action_id, EXCLUDED.mots, EXCLUDED.racines,
            EXCLUDED.contenus, EXCLUDED.exacts);
END;
$$;

-- The run writes the fiches itself, once for each set (publication/passages.py): what it closes and opens
-- again would be written twice.
CREATE FUNCTION fiches_des_parutions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF current_setting('publication.fiches_apres', true) = 'oui' THEN
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        PERFORM refaire_les_fiches(array_agg(DISTINCT action_id)) FROM apres WHERE au IS NULL;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM refaire_les_fiches(array_agg(DISTINCT action_id)) FROM avant WHERE au IS NULL;
    ELSE
        PERFORM refaire_les_fiches(array_agg(DISTINCT action_id))
            FROM (SELECT action_id FROM avant UNION SELECT action_id FROM apres) AS l;
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION fiches_des_sessions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM refaire_les_fiches(array_agg(DISTINCT p.action_id))
            FROM apres JOIN publication_parution AS p ON p.session_id = apres.id AND p.au IS NULL
            WHERE apres.ouverte;
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM refaire_les_fiches(array_agg(DISTINCT p.action_id))
            FROM avant JOIN publication_parution AS p ON p.session_id = avant.id AND p.au IS NULL;
    ELSE
        PERFORM refaire_les_fiches(array_agg(DISTINCT p.action_id))
            FROM avant
            JOIN apres USING (id)
            JOIN publication_parution AS p ON p.session_id = apres.id AND p.au IS NULL
            WHERE (avant.statut, avant.ouverte, avant.ouverte_depuis, avant.action_id, avant.organisme_id)
                IS DISTINCT FROM
                (apres.statut, apres.ouverte, apres.ouverte_depuis, apres.action_id, apres.organisme_id);
    END IF;
    RETURN NULL;
END;
$$;

CREATE FUNCTION fiches_des_actions() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refaire_les_fiches(array_agg(DISTINCT p.action_id))
        FROM avant
        JOIN apres USING (id)
        JOIN sessions_app_session AS s ON s.action_id = apres.id
        JOIN publication_parution AS p ON p.session_id = s.id AND p.au IS NULL
        WHERE (avant.statut, avant.offre_id) IS DISTINCT FROM (apres.statut, apres.offre_id);
    RETURN NULL;
END;
$$;

CREATE FUNCTION fiches_des_offres() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refaire_les_fiches(array_agg(DISTINCT p.action_id))
        FROM avant
        JOIN apres USING (id)
        JOIN catalogue_action AS a ON a.offre_id = apres.id
        JOIN sessions_app_session AS s ON s.action_id = a.id
        JOIN publication_parution AS p ON p.session_id = s.id AND p.au IS NULL
        WHERE avant.statut <> apres.statut;
    RETURN NULL;
END;
$$;

CREATE FUNCTION fiches_des_organismes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM refaire_les_fiches(array_agg(DISTINCT p.action_id))
        FROM avant
        JOIN apres USING (id)
        JOIN publication_parution AS p ON p.organisme_id = apres.id AND p.au IS NULL
        WHERE avant.suspendu <> apres.suspendu;
    RETURN NULL;
END;
$$;

CREATE TRIGGER fiches_a_l_ajout AFTER INSERT ON publication_parution
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_parutions();
CREATE TRIGGER fiches_au_changement AFTER UPDATE ON publication_parution
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_parutions();
CREATE TRIGGER fiches_a_la_suppression AFTER DELETE ON publication_parution
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_parutions();

CREATE TRIGGER fiches_a_l_ajout AFTER INSERT ON sessions_app_session
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_sessions();
CREATE TRIGGER fiches_au_changement AFTER UPDATE ON sessions_app_session
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_sessions();
CREATE TRIGGER fiches_a_la_suppression AFTER DELETE ON sessions_app_session
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_sessions();

CREATE TRIGGER fiches_au_changement AFTER UPDATE ON catalogue_action
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_actions();
CREATE TRIGGER fiches_au_changement AFTER UPDATE ON catalogue_offre
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_offres();
CREATE TRIGGER fiches_au_changement AFTER UPDATE ON organismes_organisme
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION fiches_des_organismes();

-- What the public reads already.
SELECT refaire_les_fiches(array_agg(DISTINCT action_id)) FROM publication_parution WHERE au IS NULL;
