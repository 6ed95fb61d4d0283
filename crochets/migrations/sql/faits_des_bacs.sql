-- The run of a day, when it ends: all that it did is then known, and a run that was killed has ended once. Its
-- sets pay nothing. A row of the register of a sandbox tells that sandbox alone; those of the others tell none.
CREATE OR REPLACE FUNCTION crochets_dire_la_publication() RETURNS trigger AS $$
DECLARE
    bac bigint := (to_jsonb(NEW) ->> 'organisme_id')::bigint;
BEGIN
    IF NOT crochets_est_attendu(ARRAY['publication.terminee', 'parution.parue', 'parution.modifiee',
            'parution.retiree', 'parution.retenue']) THEN
        RETURN NULL;
    END IF;
    INSERT INTO crochets_evenement (identifiant, organisme_id, type, instant, donnees)
    WITH abonnes AS (
        SELECT organisme_id, array_agg(DISTINCT type) AS types
        FROM crochets_abonnement CROSS JOIN unnest(evenements::text[]) AS type
        WHERE actif AND CASE WHEN bac IS NULL
            THEN organisme_id NOT IN (SELECT id FROM organismes_organisme WHERE bac_a_sable)
            ELSE organisme_id = bac END
        GROUP BY organisme_id
        HAVING bool_or(type = 'publication.terminee' OR type LIKE 'parution.%')
    ), ouvertes AS (
        SELECT p.* FROM publication_parution AS p JOIN abonnes USING (organisme_id) WHERE p.du = NEW.jour
    ), closes AS (
        SELECT p.* FROM publication_parution AS p JOIN abonnes USING (organisme_id) WHERE p.au = NEW.jour
    ), parutions AS (
        SELECT coalesce(o.organisme_id, c.organisme_id) AS organisme_id,
            CASE WHEN c.id IS NULL THEN 'parution.parue' WHEN o.id IS NULL THEN 'parution.retiree'
                ELSE 'parution.modifiee' END AS type,
            coalesce(o.session_id, c.session_id) AS session_id,
            coalesce(o.action_id, c.action_id) AS action_id,
            coalesce(o.offre_id, c.offre_id) AS offre_id,
            coalesce(o.contenu, c.contenu) ->> 'identifiant' AS identifiant
        FROM ouvertes AS o FULL JOIN closes AS c ON c.session_id = o.session_id
    ), retenues AS (
        SELECT r.organisme_id, r.session_id, r.identifiant, r.raison, r.du
        FROM publication_retenue AS r JOIN abonnes USING (organisme_id)
        WHERE r.au IS NULL
    ), faits AS (
        SELECT a.organisme_id, 'publication.terminee' AS type, NULL::bigint AS session_id,
            jsonb_build_object(
                'jour', NEW.jour,
                'parues', (SELECT count(*) FROM parutions AS p
                    WHERE p.organisme_id = a.organisme_id AND p.type = 'parution.parue'),
                'modifiees', (SELECT count(*) FROM parutions AS p
                    WHERE p.organisme_id = a.organisme_id AND p.type = 'parution.modifiee'),
                'retirees', (SELECT count(*) FROM parutions AS p
                    WHERE p.organisme_id = a.organisme_id AND p.type = 'parution.retiree'),
                'retenues', (SELECT count(*) FROM retenues AS r WHERE r.organisme_id = a.organisme_id),
                'page', '/publications/' || NEW.jour || '/') AS donnees
        FROM abonnes AS a
        UNION ALL
        SELECT p.organisme_id, p.type, p.session_id, jsonb_build_object(
            'jour', NEW.jour, 'session', p.session_id, 'identifiant', p.identifiant,
            'action', p.action_id, 'offre', p.offre_id,
            'url', '/api/v1/sessions/' || p.session_id || '/visibilite/',
            -- Nothing of a sandbox has a public page.
            'page', CASE WHEN bac IS NULL THEN '/formations/' ELSE '/en-ligne/' END || p.action_id || '/')
        FROM parutions AS p
        UNION ALL
        SELECT r.organisme_id, 'parution.retenue', r.session_id, jsonb_build_object(
            'jour', NEW.jour, 'session', r.session_id, 'identifiant', r.identifiant, 'raison', r.raison,
            'url', '/api/v1/sessions/' || r.session_id || '/visibilite/',
            'page', '/catalogue/sessions/' || r.session_id || '/visibilite/')
        FROM retenues AS r WHERE r.du = NEW.jour
    )
    SELECT gen_random_uuid(), f.organisme_id, f.type, now(), f.donnees
    FROM faits AS f JOIN abonnes AS a USING (organisme_id)
    WHERE f.type = ANY (a.types)
    ORDER BY f.organisme_id, f.session_id NULLS FIRST;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER dire_la_fin AFTER UPDATE OF termine_le ON publication_passagedebac
    FOR EACH ROW WHEN (OLD.termine_le IS NULL AND NEW.termine_le IS NOT NULL)
    EXECUTE FUNCTION crochets_dire_la_publication();
