-- The contact and the address of each session already published go to a content of their own, kept once.
INSERT INTO publication_contenu (empreinte, contenu)
SELECT encode(sha256(convert_to(coordonnees::text, 'UTF8')), 'hex'), coordonnees
FROM (
    SELECT DISTINCT
        (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(contenu) WHERE key IN ('contact', 'adresse'))
            AS coordonnees
    FROM publication_parution
) AS distinctes
ON CONFLICT DO NOTHING;

UPDATE publication_parution AS p
SET contenu = p.contenu - '{contact,adresse}'::text[], coordonnees_id = k.id
FROM (
    SELECT id,
        encode(sha256(convert_to(
            (SELECT coalesce(jsonb_object_agg(key, value), '{}') FROM jsonb_each(contenu) WHERE key IN ('contact', 'adresse'))::text,
            'UTF8'
        )), 'hex') AS empreinte
    FROM publication_parution
) AS lues
JOIN publication_contenu AS k ON k.empreinte = lues.empreinte
WHERE p.id = lues.id;
