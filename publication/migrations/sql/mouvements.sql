-- What the public reads has changed: one row, in the same transaction (publication/mouvements.py).
-- The argument says whether it has: a condition on the rows before and after.
CREATE FUNCTION noter_un_mouvement() RETURNS trigger AS $$
DECLARE
    change BOOLEAN;
BEGIN
    EXECUTE 'SELECT EXISTS (' || TG_ARGV[0] || ')' INTO change;
    IF change THEN
        INSERT INTO publication_mouvement (instant, poids)
            VALUES (clock_timestamp(), floor(random() * 281474976710656)::bigint);
    END IF;
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER mouvement_a_l_ajout AFTER INSERT ON publication_parution
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement('SELECT FROM apres');
CREATE TRIGGER mouvement_au_changement AFTER UPDATE ON publication_parution
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement('SELECT FROM apres');
CREATE TRIGGER mouvement_a_la_suppression AFTER DELETE ON publication_parution
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement('SELECT FROM avant');

-- The facts of the conditions `IMMEDIATES` and of `PRISE_PAR_LE_PASSAGE` (publication/visibilite.py): they
-- matter for what the last run has shown.
CREATE TRIGGER mouvement_au_changement AFTER UPDATE ON sessions_app_session
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement(
        'SELECT FROM avant JOIN apres USING (id)
        WHERE (avant.statut, avant.ouverte, avant.ouverte_depuis)
            IS DISTINCT FROM (apres.statut, apres.ouverte, apres.ouverte_depuis)
        AND EXISTS (SELECT FROM publication_parution AS p WHERE p.session_id = avant.id AND p.au IS NULL)');
CREATE TRIGGER mouvement_a_la_suppression AFTER DELETE ON sessions_app_session
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement(
        'SELECT FROM avant
        WHERE EXISTS (SELECT FROM publication_parution AS p WHERE p.session_id = avant.id AND p.au IS NULL)');
CREATE TRIGGER mouvement_au_changement AFTER UPDATE ON catalogue_action
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement(
        'SELECT FROM avant JOIN apres USING (id) WHERE avant.statut IS DISTINCT FROM apres.statut
        AND EXISTS (SELECT FROM publication_parution AS p WHERE p.action_id = avant.id AND p.au IS NULL)');
CREATE TRIGGER mouvement_au_changement AFTER UPDATE ON catalogue_offre
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement(
        'SELECT FROM avant JOIN apres USING (id) WHERE avant.statut IS DISTINCT FROM apres.statut
        AND EXISTS (SELECT FROM catalogue_action AS a JOIN publication_parution AS p ON p.action_id = a.id
            WHERE a.offre_id = avant.id AND p.au IS NULL)');
CREATE TRIGGER mouvement_au_changement AFTER UPDATE ON organismes_organisme
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement(
        'SELECT FROM avant JOIN apres USING (id) WHERE avant.suspendu IS DISTINCT FROM apres.suspendu');
