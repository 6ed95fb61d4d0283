-- The words of the published content of an offre: a whole title is found first, as a code is.
CREATE OR REPLACE FUNCTION mots_de_l_offre(
    contenu jsonb, OUT mots tsvector, OUT racines tsvector, OUT contenus tsvector, OUT exacts text[]
) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    o record;
    titre text;
    organisme text;
    points text;
BEGIN
    SELECT * INTO o FROM jsonb_to_record(contenu) AS x (
        identifiant text, intitule text, points_forts text, objectif text, resultats_attendus text,
        contenu text, certification jsonb, organisme jsonb);
    titre := mots_d_un_texte(concat_ws(' ', o.intitule, o.certification ->> 'code',
        ltrim(o.certification ->> 'code', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), o.certification ->> 'intitule'));
    organisme := mots_d_un_texte(coalesce(o.organisme ->> 'raison_sociale', ''));
    points := mots_d_un_texte(coalesce(o.points_forts, ''));
    mots := setweight(to_tsvector('simple', titre), 'A') || setweight(to_tsvector('simple', organisme), 'B')
        || setweight(to_tsvector('simple', points), 'C');
    racines := setweight(to_tsvector('french', titre), 'A')
        || setweight(to_tsvector('french', organisme), 'B') || setweight(to_tsvector('french', points), 'C');
    contenus := strip(to_tsvector('french',
        mots_d_un_texte(concat_ws(' ', o.objectif, o.contenu, o.resultats_attendus))));
    exacts := array_remove(ARRAY[
        code_cherche(o.intitule), code_cherche(o.certification ->> 'code'),
        nullif(ltrim(code_cherche(o.certification ->> 'code'), 'abcdefghijklmnopqrstuvwxyz'), ''),
        code_cherche(o.organisme ->> 'siret'), code_cherche(o.identifiant),
        code_cherche(concat(o.organisme ->> 'siret', '_', o.identifiant))], NULL);
END;
$$;

-- The words of what is public already.
UPDATE publication_motspublics AS m SET exacts = code_cherche(c.contenu ->> 'intitule') || m.exacts
FROM publication_contenu AS c
WHERE c.id = m.contenu_offre_id AND c.contenu ->> 'intitule' <> '';
