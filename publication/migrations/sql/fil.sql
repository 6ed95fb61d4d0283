-- What changes is traced (publication/fil.py): one row for a statement and an organisme, in the same
-- transaction. Rows are only inserted, without a number: nobody waits, and readers give the numbers.
-- The argument is the level of the records.
CREATE FUNCTION tracer_les_fiches() RETURNS trigger AS $$
DECLARE
    qui UUID := nullif(current_setting('pghistory.context_id', true), '')::uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO publication_trace
            (organisme_id, instant, niveau, nature, contexte, raison, fiches, versions)
        SELECT organisme_id, clock_timestamp(), TG_ARGV[0], 'creation', qui, '',
            array_agg(id ORDER BY id), array_agg(version ORDER BY id)
        FROM apres GROUP BY organisme_id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO publication_trace
            (organisme_id, instant, niveau, nature, contexte, raison, fiches, versions)
        SELECT apres.organisme_id, clock_timestamp(), TG_ARGV[0], 'modification', qui, '',
            array_agg(apres.id ORDER BY apres.id), array_agg(apres.version ORDER BY apres.id)
        FROM apres JOIN avant ON avant.id = apres.id AND avant.version <> apres.version
        GROUP BY apres.organisme_id;
    ELSE
        INSERT INTO publication_trace
            (organisme_id, instant, niveau, nature, contexte, raison, fiches, versions)
        SELECT organisme_id, clock_timestamp(), TG_ARGV[0], 'suppression', qui, '',
            array_agg(id ORDER BY id), array_agg(version ORDER BY id)
        FROM avant GROUP BY organisme_id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

-- The same for the tables whose rows have no version: contacts, addresses.
CREATE FUNCTION tracer_les_entrees() RETURNS trigger AS $$
DECLARE
    qui UUID := nullif(current_setting('pghistory.context_id', true), '')::uuid;
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO publication_trace (organisme_id, instant, niveau, nature, contexte, raison, fiches)
        SELECT organisme_id, clock_timestamp(), TG_ARGV[0], 'creation', qui, '', array_agg(id ORDER BY id)
        FROM apres GROUP BY organisme_id;
    ELSIF TG_OP = 'UPDATE' THEN
        INSERT INTO publication_trace (organisme_id, instant, niveau, nature, contexte, raison, fiches)
        SELECT apres.organisme_id, clock_timestamp(), TG_ARGV[0], 'modification', qui, '',
            array_agg(apres.id ORDER BY apres.id)
        FROM apres JOIN avant ON avant.id = apres.id AND avant.* IS DISTINCT FROM apres.*
        GROUP BY apres.organisme_id;
    ELSE
        INSERT INTO publication_trace (organisme_id, instant, niveau, nature, contexte, raison, fiches)
        SELECT organisme_id, clock_timestamp(), TG_ARGV[0], 'suppression', qui, '',
            array_agg(id ORDER BY id)
        FROM avant GROUP BY organisme_id;
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

-- The organisme itself: its suspension hides all that it shows.
CREATE FUNCTION tracer_les_organismes() RETURNS trigger AS $$
BEGIN
    INSERT INTO publication_trace (organisme_id, instant, niveau, nature, contexte, raison, fiches)
    SELECT apres.id, clock_timestamp(), 'organisme', 'modification',
        nullif(current_setting('pghistory.context_id', true), '')::uuid, '', ARRAY[apres.id]
    FROM apres JOIN avant ON avant.id = apres.id AND avant.* IS DISTINCT FROM apres.*;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER tracer_le_changement AFTER UPDATE ON organismes_organisme
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION tracer_les_organismes();

DO $$
DECLARE
    suivie TEXT[];
BEGIN
    FOREACH suivie SLICE 1 IN ARRAY ARRAY[
        ['catalogue_offre', 'tracer_les_fiches', 'offre'],
        ['catalogue_action', 'tracer_les_fiches', 'action'],
        ['sessions_app_session', 'tracer_les_fiches', 'session'],
        ['organismes_contact', 'tracer_les_entrees', 'contact'],
        ['organismes_adresse', 'tracer_les_entrees', 'adresse']
    ] LOOP
        EXECUTE format('CREATE TRIGGER tracer_l_ajout AFTER INSERT ON %I REFERENCING NEW TABLE AS apres
            FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', suivie[1], suivie[2], suivie[3]);
        EXECUTE format('CREATE TRIGGER tracer_le_changement AFTER UPDATE ON %I
            REFERENCING OLD TABLE AS avant NEW TABLE AS apres
            FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', suivie[1], suivie[2], suivie[3]);
        EXECUTE format('CREATE TRIGGER tracer_la_suppression AFTER DELETE ON %I REFERENCING OLD TABLE AS avant
            FOR EACH STATEMENT EXECUTE FUNCTION %I(%L)', suivie[1], suivie[2], suivie[3]);
    END LOOP;
END;
$$;
