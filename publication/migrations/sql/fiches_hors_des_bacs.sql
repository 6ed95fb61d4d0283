-- Nothing of a sandbox is written where the public searches: `refaire_les_fiches` leaves it out
-- (fiches_par_ensembles.sql), and nothing else could write it.
CREATE FUNCTION refuser_les_bacs() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM apres JOIN organismes_organisme AS o ON o.id = apres.organisme_id WHERE o.bac_a_sable)
    THEN
        RAISE EXCEPTION 'Rien d''un bac à sable ne devient public.';
    END IF;
    RETURN NULL;
END;
$$;

CREATE TRIGGER hors_des_bacs_a_l_ajout AFTER INSERT ON publication_fichepublique
    REFERENCING NEW TABLE AS apres
    FOR EACH STATEMENT EXECUTE FUNCTION refuser_les_bacs();
