-- The context of the history, for each row that a trigger writes. The library's own version catches the error
-- of a setting that does not exist: a subtransaction per row, aborted, which makes a statement of many rows
-- quadratic when no context is open.
CREATE OR REPLACE FUNCTION _pgh_attach_context() RETURNS pghistory_context.id%TYPE AS $$
DECLARE
    contexte UUID := nullif(current_setting('pghistory.context_id', true), '')::uuid;
    dits JSONB := nullif(current_setting('pghistory.context_metadata', true), '')::jsonb;
BEGIN
    IF contexte IS NULL OR dits IS NULL THEN
        RETURN NULL;
    END IF;
    INSERT INTO pghistory_context (id, metadata, created_at, updated_at)
        VALUES (contexte, dits, now(), now())
        ON CONFLICT (id) DO UPDATE SET metadata = EXCLUDED.metadata, updated_at = EXCLUDED.updated_at
        WHERE pghistory_context.metadata != EXCLUDED.metadata;
    RETURN contexte;
END;
$$ LANGUAGE plpgsql;
