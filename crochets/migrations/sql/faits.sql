-- What happens becomes events, in the transaction of the fact, by whatever door it came: a screen, a lot, an
-- import, a plan, the nightly run, an undoing, the administration, SQL. Each function first asks whether anybody
-- is to be told: without subscription, that is all a statement pays.
--
-- A fact is one INSERT INTO crochets_evenement; the deliveries follow it.
CREATE FUNCTION crochets_est_attendu(types text[]) RETURNS boolean AS $$
    SELECT EXISTS (SELECT FROM crochets_abonnement WHERE actif AND evenements::text[] && types)
$$ LANGUAGE sql STABLE;

CREATE FUNCTION crochets_est_attendu_de(organisme bigint, voulu text) RETURNS boolean AS $$
    SELECT EXISTS (
        SELECT FROM crochets_abonnement
        WHERE actif AND organisme_id = organisme AND voulu = ANY (evenements::text[]))
$$ LANGUAGE sql STABLE;

CREATE FUNCTION crochets_distribuer() RETURNS trigger AS $$
BEGIN
    INSERT INTO crochets_livraison (abonnement_id, evenement_id, etat, cree_le, essais, tentatives)
    SELECT a.id, e.id, 'a_envoyer', e.instant, 0, '[]'
    FROM nouveaux AS e JOIN crochets_abonnement AS a
        ON a.organisme_id = e.organisme_id AND a.actif AND e.type = ANY (a.evenements::text[])
    ORDER BY e.id, a.id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER distribuer AFTER INSERT ON crochets_evenement
    REFERENCING NEW TABLE AS nouveaux
    FOR EACH STATEMENT EXECUTE FUNCTION crochets_distribuer();

-- Sessions. `avant` is empty for those that have just been created.
CREATE FUNCTION crochets_dire_les_sessions() RETURNS trigger AS $$
BEGIN
    IF NOT crochets_est_attendu(ARRAY['session.validee', 'session.ouverte', 'session.fermee',
            'session.archivee', 'session.desarchivee']) THEN
        RETURN NULL;
    END IF;
    INSERT INTO crochets_evenement (identifiant, organisme_id, type, instant, donnees)
    SELECT gen_random_uuid(), n.organisme_id, fait.type, now(), jsonb_build_object(
        'session', n.id, 'identifiant', n.identifiant, 'action', n.action_id, 'offre', a.offre_id,
        'statut', n.statut, 'ouverte', n.ouverte, 'version', n.version,
        'date_debut', n.date_debut, 'date_fin', n.date_fin,
        'url', '/api/v1/sessions/' || n.id || '/', 'page', '/catalogue/sessions/' || n.id || '/')
    FROM apres AS n
    JOIN avant AS v ON v.id = n.id
    JOIN catalogue_action AS a ON a.id = n.action_id
    CROSS JOIN LATERAL (VALUES
        ('session.validee', v.statut = 'brouillon' AND n.statut = 'validee'),
        ('session.desarchivee', v.statut = 'archivee' AND n.statut <> 'archivee'),
        ('session.ouverte', n.ouverte AND NOT v.ouverte),
        ('session.fermee', v.ouverte AND NOT n.ouverte),
        ('session.archivee', n.statut = 'archivee' AND v.statut <> 'archivee')
    ) AS fait (type, vrai)
    WHERE fait.vrai AND crochets_est_attendu_de(n.organisme_id, fait.type)
    ORDER BY n.id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE FUNCTION crochets_dire_les_nouvelles_sessions() RETURNS trigger AS $$
BEGIN
    IF NOT crochets_est_attendu(ARRAY['session.validee']) THEN
        RETURN NULL;
    END IF;
    INSERT INTO crochets_evenement (identifiant, organisme_id, type, instant, donnees)
    SELECT gen_random_uuid(), n.organisme_id, 'session.validee', now(), jsonb_build_object(
        'session', n.id, 'identifiant', n.identifiant, 'action', n.action_id, 'offre', a.offre_id,
        'statut', n.statut, 'ouverte', n.ouverte, 'version', n.version,
        'date_debut', n.date_debut, 'date_fin', n.date_fin,
        'url', '/api/v1/sessions/' || n.id || '/', 'page', '/catalogue/sessions/' || n.id || '/')
    FROM apres AS n
    JOIN catalogue_action AS a ON a.id = n.action_id
    WHERE n.statut = 'validee' AND crochets_est_attendu_de(n.organisme_id, 'session.validee')
    ORDER BY n.id;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER dire_au_changement AFTER UPDATE ON sessions_app_session
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION crochets_dire_les_sessions();
CREATE TRIGGER dire_a_l_ajout AFTER INSERT ON sessions_app_session
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION crochets_dire_les_nouvelles_sessions();

-- The run of a day, when it ends: all that it did is then known, and a run that was killed has ended once. Its
-- sets pay nothing.
CREATE FUNCTION crochets_dire_la_publication() RETURNS trigger AS $$
BEGIN
    IF NOT crochets_est_attendu(ARRAY['publication.terminee', 'parution.parue', 'parution.modifiee',
            'parution.retiree', 'parution.retenue']) THEN
        RETURN NULL;
    END IF;
    INSERT INTO crochets_evenement (identifiant, organisme_id, type, instant, donnees)
    WITH abonnes AS (
        SELECT organisme_id, array_agg(DISTINCT type) AS types
        FROM crochets_abonnement CROSS JOIN unnest(evenements::text[]) AS type
        WHERE actif
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
            'page', '/formations/' || p.action_id || '/')
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

CREATE TRIGGER dire_la_fin AFTER UPDATE OF termine_le ON publication_passage
    FOR EACH ROW WHEN (OLD.termine_le IS NULL AND NEW.termine_le IS NOT NULL)
    EXECUTE FUNCTION crochets_dire_la_publication();

CREATE FUNCTION crochets_dire_le_lot() RETURNS trigger AS $$
BEGIN
    IF crochets_est_attendu_de(NEW.organisme_id, 'lot.termine') THEN
        INSERT INTO crochets_evenement (identifiant, organisme_id, type, instant, donnees)
        SELECT gen_random_uuid(), NEW.organisme_id, 'lot.termine', now(), jsonb_build_object(
            'lot', NEW.id, 'operation', NEW.operation, 'niveau', NEW.niveau, 'annule', NEW.annule_id,
            'faites', count(*) FILTER (WHERE issue = 'faite'),
            'inchangees', count(*) FILTER (WHERE issue = 'inchangee'),
            'refusees', count(*) FILTER (WHERE issue = 'refusee'),
            'page', '/catalogue/lots/' || NEW.id || '/')
        FROM lots_lignedelot WHERE lot_id = NEW.id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER dire_la_fin AFTER UPDATE OF etat ON lots_lot
    FOR EACH ROW WHEN (NEW.etat = 'fini' AND OLD.etat <> 'fini')
    EXECUTE FUNCTION crochets_dire_le_lot();

CREATE FUNCTION crochets_dire_l_import() RETURNS trigger AS $$
BEGIN
    IF crochets_est_attendu_de(NEW.organisme_id, 'import.termine') THEN
        INSERT INTO crochets_evenement (identifiant, organisme_id, type, instant, donnees)
        VALUES (gen_random_uuid(), NEW.organisme_id, 'import.termine', now(), jsonb_build_object(
            'import', NEW.id, 'nom', NEW.nom, 'etat', NEW.etat, 'bilan', NEW.bilan,
            'url', '/api/v1/imports/' || NEW.id || '/', 'page', '/catalogue/importer/' || NEW.id || '/'));
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER dire_la_fin AFTER UPDATE OF etat ON echanges_import
    FOR EACH ROW WHEN (NEW.etat <> OLD.etat AND NEW.etat IN ('applique', 'annule', 'refuse'))
    EXECUTE FUNCTION crochets_dire_l_import();
