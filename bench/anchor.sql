-- The anchor of `bench/publication.py`: the best plain statements, written by hand, that do to `anchor_tables.sql` what a night
-- does when %(jour)s begins, for sessions opened since %(depuis)s: contents of offres and actions, parutions, what the public
-- searches, the feed of changes, the offres to count again, the line of the ledger. It is one transaction, with the settings of the
-- run. Only keys, contents and dates are kept on the way, each in a table of its own (a common table expression of this size spills
-- to the disk), no expression is computed twice (OFFSET 0), no content is looked up twice, and no function is called for each row.
CREATE TEMPORARY TABLE dues ON COMMIT DROP AS
SELECT s.id, s.action_id, a.offre_id, s.organisme_id, s.date_debut, s.garantie
FROM sessions_app_session s
JOIN catalogue_action a ON a.id = s.action_id
JOIN catalogue_offre o ON o.id = a.offre_id
JOIN organismes_organisme g ON g.id = s.organisme_id
WHERE s.modifie_le >= %(depuis)s AND s.modifie_le < %(minuit)s AND s.ouverte AND s.ouverte_depuis < %(minuit)s
    AND s.statut = 'active' AND a.statut = 'active' AND o.statut = 'active' AND NOT g.suspendu
    AND (s.date_debut IS NULL OR (s.date_debut >= %(jour)s AND s.date_fin > s.date_debut))
    AND CASE a.modalites_entrees_sorties
        WHEN 'permanentes' THEN s.pas_de_dates AND s.date_debut IS NULL AND s.date_fin IS NULL
        ELSE NOT s.pas_de_dates AND s.date_debut IS NOT NULL AND s.date_fin IS NOT NULL
    END
    AND EXISTS (
        SELECT FROM organismes_qualiopi q
        WHERE q.organisme_id = s.organisme_id AND q.du <= %(jour)s AND (q.au IS NULL OR q.au >= %(jour)s) AND q.categorie =
            CASE o.type_offre WHEN 'bilan' THEN 'bilans_de_competences' WHEN 'vae' THEN 'vae' ELSE 'actions_de_formation' END
    )
    AND NOT EXISTS (SELECT FROM ancre_parution p WHERE p.session_id = s.id AND p.au IS NULL);
ANALYZE dues;
CREATE TEMPORARY TABLE des_actions ON COMMIT DROP AS
SELECT id, contenu, encode(sha256(convert_to(contenu::text, 'UTF8')), 'hex') AS empreinte FROM (
    SELECT a.id, jsonb_build_object(
        'identifiant', a.identifiant, 'modalites_entrees_sorties', a.modalites_entrees_sorties,
        'modalites_enseignement', a.modalites_enseignement, 'modalites_pedagogiques', a.modalites_pedagogiques, 'langue', a.langue,
        'duree_totale', a.duree_totale, 'heures_centre', a.heures_centre, 'heures_entreprise', a.heures_entreprise, 'rythmes', a.rythmes,
        'horaires', a.horaires, 'niveau_entree_obligatoire', a.niveau_entree_obligatoire, 'existence_prerequis', a.existence_prerequis,
        'conditions_specifiques', a.conditions_specifiques, 'modalites_admission', a.modalites_admission, 'info_admission', a.info_admission,
        'modalites_recrutement', a.modalites_recrutement, 'perimetre_recrutement', a.perimetre_recrutement, 'infos_perimetre', a.infos_perimetre,
        'acces_handicapes', a.acces_handicapes, 'modalites_handicap', a.modalites_handicap, 'total_ttc', a.total_ttc,
        'frais_certif_inclus', a.frais_certif_inclus, 'frais_anpec', a.frais_anpec, 'detail_frais_anpec', a.detail_frais_anpec,
        'dates_information', a.dates_information, 'restauration', a.restauration, 'hebergement', a.hebergement, 'transport', a.transport,
        'autres_services', a.autres_services, 'url_action', a.url_action,
        'lieu', jsonb_build_object(
            'denomination', l.denomination, 'denomination_2', l.denomination_2, 'denomination_3', l.denomination_3, 'numero_voie', l.numero_voie,
            'indice_repetition', l.indice_repetition, 'nature_voie', l.nature_voie, 'libelle_voie', l.libelle_voie, 'ligne_5', l.ligne_5,
            'code_postal', l.code_postal, 'ville', l.ville, 'pays', l.pays, 'conformite_reglementaire', l.conformite_reglementaire,
            'accessibilite_batimentaire', l.accessibilite_batimentaire, 'latitude', l.latitude, 'longitude', l.longitude
        ),
        'contact', jsonb_build_object('nom', c.nom, 'prenom', c.prenom, 'telephone', c.telephone_fixe, 'courriel', c.courriel)
    ) AS contenu
    FROM catalogue_action a
    LEFT JOIN organismes_adresse l ON l.id = a.lieu_de_formation_id
    LEFT JOIN organismes_contact c ON c.id = a.contact_information_id
    WHERE a.id IN (SELECT action_id FROM dues)
    OFFSET 0
) AS copies;
CREATE TEMPORARY TABLE des_offres ON COMMIT DROP AS
SELECT id, contenu, encode(sha256(convert_to(contenu::text, 'UTF8')), 'hex') AS empreinte FROM (
    SELECT o.id, jsonb_build_object(
        'identifiant', o.identifiant, 'type_offre', o.type_offre, 'intitule', o.intitule, 'points_forts', o.points_forts, 'objectif', o.objectif,
        'resultats_attendus', o.resultats_attendus, 'contenu', o.contenu, 'type_parcours', o.type_parcours,
        'objectif_general', o.objectif_general, 'blocs', o.blocs, 'blocs_modifiables', o.blocs_modifiables, 'categorisation', o.categorisation,
        'certification', jsonb_build_object('code', f.code, 'intitule', f.intitule, 'niveau', f.niveau,
            'blocs', f.blocs, 'certificateurs', f.certificateurs),
        'organisme', jsonb_build_object('raison_sociale', g.raison_sociale, 'siret', g.siret)
    ) AS contenu
    FROM catalogue_offre o
    JOIN organismes_organisme g ON g.id = o.organisme_id
    LEFT JOIN catalogue_certification f ON f.id = o.certification_id
    WHERE o.id IN (SELECT offre_id FROM dues)
    OFFSET 0
) AS copies;
ANALYZE des_actions;
ANALYZE des_offres;
INSERT INTO ancre_contenu (empreinte, contenu)
SELECT empreinte, contenu FROM des_actions UNION ALL SELECT empreinte, contenu FROM des_offres
ON CONFLICT DO NOTHING;
CREATE TEMPORARY TABLE cles ON COMMIT DROP AS
SELECT d.action_id, ca.id AS contenu_action_id, co.id AS contenu_offre_id
FROM (SELECT DISTINCT action_id, offre_id FROM dues) AS d
JOIN des_actions a ON a.id = d.action_id JOIN ancre_contenu ca ON ca.empreinte = a.empreinte
JOIN des_offres o ON o.id = d.offre_id JOIN ancre_contenu co ON co.empreinte = o.empreinte;
ANALYZE cles;
INSERT INTO ancre_parution
    (du, session_id, action_id, offre_id, organisme_id, date_debut, contenu, contenu_action_id, contenu_offre_id)
SELECT %(jour)s, d.id, d.action_id, d.offre_id, d.organisme_id, d.date_debut,
    jsonb_build_object(
        'identifiant', s.identifiant, 'date_debut', s.date_debut, 'date_fin', s.date_fin, 'garantie', s.garantie,
        'modalites_particulieres', s.modalites_particulieres,
        'contact', jsonb_build_object('nom', c.nom, 'prenom', c.prenom, 'telephone', c.telephone_fixe, 'courriel', c.courriel),
        'adresse', jsonb_build_object(
            'denomination', l.denomination, 'denomination_2', l.denomination_2, 'denomination_3', l.denomination_3, 'numero_voie', l.numero_voie,
            'indice_repetition', l.indice_repetition, 'nature_voie', l.nature_voie, 'libelle_voie', l.libelle_voie, 'ligne_5', l.ligne_5,
            'code_postal', l.code_postal, 'ville', l.ville, 'pays', l.pays, 'conformite_reglementaire', l.conformite_reglementaire,
            'accessibilite_batimentaire', l.accessibilite_batimentaire
        )
    ),
    k.contenu_action_id, k.contenu_offre_id
FROM dues d
JOIN sessions_app_session s ON s.id = d.id
JOIN organismes_contact c ON c.id = s.contact_inscription_id
JOIN organismes_adresse l ON l.id = s.adresse_inscription_id
JOIN cles k ON k.action_id = d.action_id;
-- A session that appears is added to what the public already searches of its action.
INSERT INTO ancre_fichepublique AS f (
    action_id, offre_id, organisme_id, contenu_offre_id, contenu_action_id, type_offre, certification, niveau, modalite, entrees, langue,
    rythmes, accessible, prix, duree, lieu, latitude, longitude, du, nombre, prochaine, garantie, debuts, debuts_garantis)
SELECT a.id, a.offre_id, a.organisme_id, k.contenu_offre_id, k.contenu_action_id,
    o.type_offre, coalesce(ce.code, ''), coalesce(ce.niveau::text, ''), a.modalites_enseignement, a.modalites_entrees_sorties, a.langue,
    a.rythmes, coalesce(l.conformite_reglementaire, false), a.total_ttc, a.duree_totale,
    CASE WHEN a.modalites_enseignement = 'a_distance' THEN '' ELSE coalesce(v.cle, '') END,
    CASE WHEN a.modalites_enseignement <> 'a_distance' THEN l.latitude END,
    CASE WHEN a.modalites_enseignement <> 'a_distance' THEN l.longitude END,
    %(jour)s, n.nombre, n.prochaine, n.garantie, n.debuts, n.debuts_garantis
FROM (
    SELECT action_id, count(*) AS nombre, min(date_debut) AS prochaine, bool_or(garantie) AS garantie,
        coalesce(range_agg(daterange(date_debut, date_debut, '[]')) FILTER (WHERE date_debut IS NOT NULL), '{}') AS debuts,
        coalesce(range_agg(daterange(date_debut, date_debut, '[]')) FILTER (WHERE date_debut IS NOT NULL AND garantie), '{}')
            AS debuts_garantis
    FROM dues GROUP BY action_id
) AS n
JOIN cles k ON k.action_id = n.action_id
JOIN catalogue_action a ON a.id = n.action_id
JOIN catalogue_offre o ON o.id = a.offre_id
LEFT JOIN catalogue_certification ce ON ce.id = o.certification_id
LEFT JOIN organismes_adresse l ON l.id = a.lieu_de_formation_id
LEFT JOIN (
    -- Many actions are in the same town: its name is folded once.
    SELECT code_postal, ville, cle_du_lieu(code_postal, ville) AS cle
    FROM (
        SELECT DISTINCT l.code_postal, l.ville FROM cles k
        JOIN catalogue_action a ON a.id = k.action_id JOIN organismes_adresse l ON l.id = a.lieu_de_formation_id
        OFFSET 0
    ) AS lieux OFFSET 0
) AS v ON v.code_postal = l.code_postal AND v.ville = l.ville
ON CONFLICT (action_id) DO UPDATE SET
    offre_id = EXCLUDED.offre_id, organisme_id = EXCLUDED.organisme_id, contenu_offre_id = EXCLUDED.contenu_offre_id,
    contenu_action_id = EXCLUDED.contenu_action_id, type_offre = EXCLUDED.type_offre, certification = EXCLUDED.certification,
    niveau = EXCLUDED.niveau, modalite = EXCLUDED.modalite, entrees = EXCLUDED.entrees, langue = EXCLUDED.langue,
    rythmes = EXCLUDED.rythmes, accessible = EXCLUDED.accessible, prix = EXCLUDED.prix, duree = EXCLUDED.duree, lieu = EXCLUDED.lieu,
    latitude = EXCLUDED.latitude, longitude = EXCLUDED.longitude,
    nombre = f.nombre + EXCLUDED.nombre, prochaine = least(f.prochaine, EXCLUDED.prochaine), garantie = f.garantie OR EXCLUDED.garantie,
    debuts = f.debuts + EXCLUDED.debuts, debuts_garantis = f.debuts_garantis + EXCLUDED.debuts_garantis;
INSERT INTO ancre_trace (organisme_id, instant, niveau, nature, jour, raison, fiches)
SELECT organisme_id, clock_timestamp(), 'session', 'parue', %(jour)s, '', array_agg(id ORDER BY id) FROM dues GROUP BY organisme_id;
INSERT INTO ancre_marque (organisme_id, offre_id) SELECT DISTINCT organisme_id, offre_id FROM dues;
INSERT INTO ancre_passage
    (jour, commence_le, termine_le, par, parues, modifiees, retirees, retenues, a_traiter, traitees, derniere, erreurs, empreinte_des_regles)
SELECT %(jour)s, now(), now(), 'anchor.sql', count(*), 0, 0, '{}', count(*), count(*), 0, 0, '' FROM dues
