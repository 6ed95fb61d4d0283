"""How many formations are around each point: what a search around a place learns before it reads them."""

from django.db import migrations, models

# As the night counts them (recherche/communes.py).
_COMPTER = """
INSERT INTO recherche_densite (latitude, longitude, formations)
SELECT round(p.latitude * 50) / 50, round(p.longitude * 50) / 50, count(*)
FROM publication_fichepublique AS f
JOIN recherche_lieu AS l ON l.cle = f.lieu
JOIN recherche_commune AS c ON c.insee = l.commune_id
CROSS JOIN LATERAL (
    SELECT coalesce(abs(f.latitude - c.latitude) * 111.2 < 20
        AND abs(f.longitude - c.longitude) * 111.2 * cos(radians(f.latitude)) < 20, false) AS connue
) AS d
CROSS JOIN LATERAL (
    SELECT CASE WHEN d.connue THEN f.latitude ELSE c.latitude END AS latitude,
        CASE WHEN d.connue THEN f.longitude ELSE c.longitude END AS longitude
) AS p
WHERE c.latitude IS NOT NULL
GROUP BY 1, 2"""


class Migration(migrations.Migration):
    """A table that each night counts again, counted once."""

    dependencies = [("recherche", "0004_nombres_gardes"), ("publication", "0014_fiches_dans_l_ordre")]
    operations = [
        migrations.CreateModel(
            name="Densite",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("latitude", models.FloatField(verbose_name="latitude")),
                ("longitude", models.FloatField(verbose_name="longitude")),
                ("formations", models.IntegerField(verbose_name="nombre de formations")),
            ],
            options={
                "verbose_name": "densité",
                "verbose_name_plural": "densités",
                "indexes": [models.Index(fields=["latitude", "longitude"], name="densite_par_position")],
            },
        ),
        migrations.RunSQL(_COMPTER, migrations.RunSQL.noop),
    ]
