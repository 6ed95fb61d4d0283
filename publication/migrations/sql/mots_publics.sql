-- A text whose words the parser of PostgreSQL cuts as `mots` of catalogue/recherche_de_certification.py does:
-- folded, and without the signs that it would read as addresses, numbers or hyphens.
CREATE FUNCTION mots_d_un_texte(texte text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN regexp_replace(sans_accents(texte), '[\u0001-/:-`{-\u00bf\u2000-\u206f]+', ' ', 'g');

-- What is found whole: « RNCP 38413 » and « rncp38413 » are the same code.
CREATE FUNCTION code_cherche(texte text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN replace(sans_accents(texte), ' ', '');

-- The words of the published content of an offre.
CREATE FUNCTION mots_de_l_offre(
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
        code_cherche(o.certification ->> 'code'),
        nullif(ltrim(code_cherche(o.certification ->> 'code'), 'abcdefghijklmnopqrstuvwxyz'), ''),
        code_cherche(o.organisme ->> 'siret'), code_cherche(o.identifiant),
        code_cherche(concat(o.organisme ->> 'siret', '_', o.identifiant))], NULL);
END;
$$;

-- What the content of an action adds: its town, or that it is remote, and its identifier.
CREATE FUNCTION mots_de_l_action(
    contenu jsonb, siret text, OUT mots tsvector, OUT racines tsvector, OUT exacts text[]
) LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
    a record;
    ville text;
BEGIN
    SELECT * INTO a FROM jsonb_to_record(contenu) AS x (
        identifiant text, modalites_enseignement text, lieu jsonb);
    ville := mots_d_un_texte(CASE a.modalites_enseignement WHEN 'a_distance' THEN 'à distance'
        ELSE coalesce(a.lieu ->> 'ville', '') END);
    mots := setweight(to_tsvector('simple', ville), 'B');
    racines := setweight(to_tsvector('french', ville), 'B');
    exacts := ARRAY[code_cherche(a.identifiant), code_cherche(concat(siret, '_', a.identifiant))];
END;
$$;

-- What places are found by: the postal code and the town, without « cedex » nor arrondissement.
CREATE FUNCTION cle_du_lieu(code_postal text, ville text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN btrim(concat(btrim(code_postal), ' ', regexp_replace(regexp_replace(regexp_replace(
    btrim(regexp_replace(mots_d_un_texte(coalesce(ville, '')), ' +', ' ', 'g')),
    ' cedex.*$', ''), ' [0-9]+ ?(er|e|eme|ieme)?( arrondissement)?$', ''), '\mst(e?)\M', 'saint\1', 'g')));
