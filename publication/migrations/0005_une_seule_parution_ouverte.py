from django.db import migrations

# Of several open parutions the last is what the public reads: each other ended when the next began (D-21).
# None is deleted: what was public on a day stays known. No two of a session begin on the same day.
CLORE_LES_DOUBLES = """
UPDATE publication_parution AS p SET au = suites.suivante
FROM (
    SELECT id, au, lead(du) OVER par_session AS suivante,
        count(*) FILTER (WHERE au IS NULL) OVER (PARTITION BY session_id ORDER BY du DESC) AS ouvertes
    FROM publication_parution WINDOW par_session AS (PARTITION BY session_id ORDER BY du)
) AS suites
WHERE p.id = suites.id AND suites.au IS NULL AND suites.ouvertes > 1
"""
# Somebody may have put it back by hand.
UNE_OUVERTE = """
CREATE UNIQUE INDEX IF NOT EXISTS parution_une_ouverte ON publication_parution (session_id) WHERE au IS NULL
"""


class Migration(migrations.Migration):
    """The models always declared `parution_une_ouverte`: `db_index=False`, in 0003, took its index away."""

    dependencies = [("publication", "0004_passages_du_registre")]

    operations = [
        migrations.RunSQL(CLORE_LES_DOUBLES, migrations.RunSQL.noop),
        migrations.RunSQL(UNE_OUVERTE, migrations.RunSQL.noop),
    ]
