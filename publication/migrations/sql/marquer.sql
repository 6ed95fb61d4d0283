-- A statement that changes offres, actions, sessions or parutions marks what must be counted again
-- (publication/decomptes.py): one row for each record, in the same transaction. It locks nothing.
-- The arguments are the column of the table that leads to the marked record, then that of the mark.
CREATE FUNCTION marquer_ce_qui_change() RETURNS trigger AS $$
DECLARE
    lignes TEXT := CASE TG_OP
        WHEN 'INSERT' THEN 'SELECT * FROM apres'
        WHEN 'DELETE' THEN 'SELECT * FROM avant'
        ELSE 'SELECT * FROM avant UNION ALL SELECT * FROM apres' END;
BEGIN
    EXECUTE format(
        'INSERT INTO publication_marque (organisme_id, %I) SELECT DISTINCT organisme_id, %I FROM (%s) AS l',
        TG_ARGV[1], TG_ARGV[0], lignes);
    RETURN NULL;
END;
$$ LANGUAGE plpgsql;

CREATE TRIGGER marquer_a_l_ajout AFTER INSERT ON catalogue_offre
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('id', 'offre_id');
CREATE TRIGGER marquer_au_changement AFTER UPDATE ON catalogue_offre
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('id', 'offre_id');
CREATE TRIGGER marquer_a_la_suppression AFTER DELETE ON catalogue_offre
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('id', 'offre_id');

CREATE TRIGGER marquer_a_l_ajout AFTER INSERT ON catalogue_action
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('offre_id', 'offre_id');
CREATE TRIGGER marquer_au_changement AFTER UPDATE ON catalogue_action
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('offre_id', 'offre_id');
CREATE TRIGGER marquer_a_la_suppression AFTER DELETE ON catalogue_action
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('offre_id', 'offre_id');

CREATE TRIGGER marquer_a_l_ajout AFTER INSERT ON sessions_app_session
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('action_id', 'action_id');
CREATE TRIGGER marquer_au_changement AFTER UPDATE ON sessions_app_session
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('action_id', 'action_id');
CREATE TRIGGER marquer_a_la_suppression AFTER DELETE ON sessions_app_session
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('action_id', 'action_id');

CREATE TRIGGER marquer_a_l_ajout AFTER INSERT ON publication_parution
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('offre_id', 'offre_id');
CREATE TRIGGER marquer_au_changement AFTER UPDATE ON publication_parution
    REFERENCING OLD TABLE AS avant NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('offre_id', 'offre_id');
CREATE TRIGGER marquer_a_la_suppression AFTER DELETE ON publication_parution
    REFERENCING OLD TABLE AS avant
    FOR EACH STATEMENT EXECUTE FUNCTION marquer_ce_qui_change('offre_id', 'offre_id');
