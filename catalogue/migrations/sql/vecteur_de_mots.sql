-- The words of a text, folded, cut as `mots` of `catalogue/recherche.py` does: what an index of words holds.
CREATE FUNCTION vecteur_de_mots(texte text) RETURNS tsvector LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN array_to_tsvector(ARRAY(
    SELECT left(mot, 60)
    FROM regexp_split_to_table(sans_accents(texte), '[\u0001-/:-`{-\u00bf\u2000-\u206f]+') AS mot
    WHERE mot <> ''
))
