-- The pieces of three letters of a folded text, each behind `devant`: an index on this array finds a part of a
-- word. `edof/trios.py` says what must be in it. In SQL alone, the same function is three times slower.
CREATE FUNCTION trios(texte text, devant text) RETURNS text[]
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $$
DECLARE
    -- Named with their schema: an index is made again with another search path.
    plie text := public.plier(texte);
    trouves text[] := '{}';
BEGIN
    FOR debut IN 1 .. pg_catalog.length(plie) - 2 LOOP
        trouves[debut] := devant OPERATOR(pg_catalog.||) pg_catalog.substr(plie, debut, 3);
    END LOOP;
    RETURN trouves;
END
$$
