-- The contact and the address of each session published go back into its content.
UPDATE publication_parution AS p SET contenu = p.contenu || k.contenu
FROM publication_contenu AS k WHERE k.id = p.coordonnees_id;
