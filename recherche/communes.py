"""The communes and what addresses call them: loaded from the file of the repository, without network.

Names, codes and population: INSEE and La Poste (Licence Ouverte 2.0), through the package
`@etalab/decoupage-administratif`. Positions: GeoNames (CC BY 4.0). `ATTRIBUTION` is
due where distances are shown.
"""

import csv
import gzip
from pathlib import Path
from typing import Any

from recherche.chemins import PLACE_CONNUE

FICHIER = Path(__file__).parent / "donnees" / "communes.csv.gz"
ATTRIBUTION = "Positions des communes : GeoNames, CC BY 4.0."
# The position is that of the town itself.
EXACTE = "geonames"

# Each pair of postal code and name leads to its commune, as an address writes it.
_LIEUX = """
INSERT INTO recherche_lieu (cle, commune_id, environ)
SELECT DISTINCT ON (cle) cle, insee, false
FROM (
    SELECT cle_du_lieu(code, nom) AS cle, insee, population
    FROM recherche_commune, unnest(codes_postaux) AS code
) AS l
ORDER BY cle, population DESC
ON CONFLICT (cle) DO UPDATE SET commune_id = EXCLUDED.commune_id, environ = false"""
# What addresses say otherwise: the commune of this name in the département, whose « cedex » has a code of its
# own, else the largest commune of the postal code.
_RECONNAITRE = """
INSERT INTO recherche_lieu (cle, commune_id, environ)
SELECT DISTINCT ON (f.cle) f.cle, c.insee, c.cherche <> f.nom
FROM (
    SELECT cle, left(cle, 5) AS code, substr(cle, 7) AS nom,
        CASE WHEN cle ~ '^20' THEN ARRAY['2A', '2B'] WHEN cle ~ '^9[78]' THEN ARRAY[left(cle, 3)]
            ELSE ARRAY[left(cle, 2)] END AS departements
    FROM (SELECT DISTINCT lieu AS cle FROM publication_fichepublique) AS l
    WHERE cle ~ '^[0-9]{5}' AND NOT EXISTS (SELECT 1 FROM recherche_lieu AS deja WHERE deja.cle = l.cle)
) AS f
CROSS JOIN LATERAL (
    SELECT commune_id AS insee FROM recherche_lieu AS l
    WHERE l.cle LIKE f.code || ' %%' AND NOT l.environ
    UNION ALL
    SELECT insee FROM recherche_commune AS h
    WHERE h.cherche = f.nom AND h.departement = ANY (f.departements)
) AS t
JOIN recherche_commune AS c ON c.insee = t.insee
ORDER BY f.cle, c.cherche <> f.nom, c.population DESC
ON CONFLICT DO NOTHING"""

# At some two kilometres: how far a search around a place must look depends on it, and nothing else.
_COMPTER = f"""
INSERT INTO recherche_densite (latitude, longitude, formations)
SELECT round(p.latitude * 50) / 50, round(p.longitude * 50) / 50, count(*)
FROM publication_fichepublique AS f
JOIN recherche_lieu AS l ON l.cle = f.lieu
JOIN recherche_commune AS c ON c.insee = l.commune_id
CROSS JOIN LATERAL (
    SELECT CASE WHEN {PLACE_CONNUE} THEN f.latitude ELSE c.latitude END AS latitude,
        CASE WHEN {PLACE_CONNUE} THEN f.longitude ELSE c.longitude END AS longitude
) AS p
WHERE c.latitude IS NOT NULL
GROUP BY 1, 2"""


def charger(curseur: Any) -> None:
    """Replace the communes by those of the file, and the places by theirs.

    PostgreSQL counts them at once: a search that comes before would read them all for each formation.
    """
    curseur.execute("DELETE FROM recherche_lieu; DELETE FROM recherche_commune")
    copie = (
        "COPY recherche_commune (insee, nom, departement, codes_postaux, population, latitude, longitude,"
        " environ) FROM STDIN"
    )
    with gzip.open(FICHIER, "rt", encoding="utf-8") as fichier, curseur.copy(copie) as ecrire:
        for ligne in csv.DictReader(fichier, delimiter=";"):
            ecrire.write_row((
                ligne["code_insee"], ligne["nom"], ligne["departement"], ligne["codes_postaux"].split(),
                int(ligne["population"] or 0), ligne["latitude"] or None, ligne["longitude"] or None,
                ligne["precision"] != EXACTE,
            ))  # fmt: skip
    curseur.execute(_LIEUX)
    curseur.execute("ANALYZE recherche_commune, recherche_lieu")


def reconnaitre_les_lieux(curseur: Any) -> None:
    """Give a commune to the places of what is public that have none: that of their postal code."""
    curseur.execute(_RECONNAITRE)


def compter_les_formations(curseur: Any) -> None:
    """Count again how many formations are around each point."""
    curseur.execute("DELETE FROM recherche_densite")
    curseur.execute(_COMPTER)
