-- A run leaves the words of what it shows for just after (publication/fiches.py): a page of results that a cache
-- has kept meanwhile is no longer the right one.
CREATE TRIGGER mouvement_a_l_ajout AFTER INSERT ON publication_motspublics
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement('SELECT FROM apres');
CREATE TRIGGER mouvement_au_changement AFTER UPDATE ON publication_motspublics
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION noter_un_mouvement('SELECT FROM apres');
