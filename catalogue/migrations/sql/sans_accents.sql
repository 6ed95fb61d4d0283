-- A text without case nor accents: `sans_accents` of `catalogue/recherche.py` says the same. An SQL-standard
-- body is bound when created: neither locale nor search path, so that indexes stand on it. `lower` under "C"
-- touches A to Z only, which after the decomposition is all of French; the first branch spares the rest to
-- texts without any accent.
CREATE FUNCTION sans_accents(texte text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN octet_length(texte) = length(texte) THEN lower(texte COLLATE "C")
ELSE replace(replace(replace(
    translate(
        lower(regexp_replace(normalize(texte, NFD), '[\u0300-\u036f]', '', 'g') COLLATE "C"),
        U&'ŒÆ\2019ØøŁłĐđ', 'œæ''oolldd'
    ),
    'œ', 'oe'), 'æ', 'ae'), 'ß', 'ss') END
