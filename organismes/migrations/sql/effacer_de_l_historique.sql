-- What an erased person was called is replaced in the history, which otherwise only grows. It runs with the
-- rights of its owner, as the role of the application may not change the history: it therefore takes no text,
-- and does nothing but for an account that is erased already. Who did what is a key, and stays.
-- The tables of upper rooms are named as text: the body is read when it runs.
CREATE FUNCTION effacer_de_l_historique(cle bigint) RETURNS void AS $$
DECLARE
    nouveau organismes_utilisateur%ROWTYPE;
    adresses text[];
    avant text := coalesce(nullif(current_setting('pgtrigger.ignore', true), ''), '{}');
BEGIN
    SELECT * INTO nouveau FROM organismes_utilisateur WHERE id = cle AND efface_le IS NOT NULL;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'effacer_de_l_historique : le compte % n''est pas effacé', cle;
    END IF;
    SELECT coalesce(array_agg(DISTINCT lower(courriel)), '{}') INTO adresses
        FROM organismes_utilisateurevent WHERE pgh_obj_id = cle;
    PERFORM set_config('pgtrigger.ignore', array_agg(tgname)::text, true) FROM pg_trigger
        WHERE tgname LIKE 'pgtrigger\_append\_only\_%' AND tgrelid IN (
            'organismes_utilisateurevent'::regclass, 'organismes_invitationevent'::regclass,
            'crochets_abonnementevent'::regclass);
    UPDATE organismes_utilisateurevent SET courriel = nouveau.courriel, prenom = nouveau.prenom, nom = nouveau.nom
        WHERE pgh_obj_id = cle;
    UPDATE organismes_invitationevent SET courriel = nouveau.courriel WHERE lower(courriel) = ANY(adresses);
    UPDATE crochets_abonnementevent SET cree_par = nouveau.prenom || ' ' || nouveau.nom
        WHERE pgh_obj_id IN (SELECT e.pgh_obj_id FROM crochets_abonnementevent e
            JOIN pghistory_context c ON c.id = e.pgh_context_id
            WHERE e.pgh_label = 'insert' AND c.metadata -> 'utilisateur' = to_jsonb(cle));
    PERFORM set_config('pgtrigger.ignore', avant, true);
END;
$$ LANGUAGE plpgsql SECURITY DEFINER;
REVOKE ALL ON FUNCTION effacer_de_l_historique(bigint) FROM PUBLIC;
DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION effacer_de_l_historique(bigint) SET search_path = %I, pg_temp', current_schema());
END $$;
