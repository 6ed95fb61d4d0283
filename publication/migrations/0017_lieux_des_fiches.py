"""Of a catalogue in a few towns, PostgreSQL read all the rows of the search again for each commune around.

It expected a town to have so large a part of them that their index would be no shorter. It is told that a
place has twenty actions, as in the whole country, whatever it counts.
"""

from django.db import migrations

_COLONNE = "ALTER TABLE publication_fichepublique ALTER COLUMN lieu"
_COMPTER = "; ANALYZE publication_fichepublique (lieu)"


class Migration(migrations.Migration):
    """What PostgreSQL expects of a place."""

    dependencies = [("publication", "0016_fiches_apparues")]
    operations = [
        migrations.RunSQL(
            f"{_COLONNE} SET (n_distinct = -0.05){_COMPTER}", f"{_COLONNE} RESET (n_distinct){_COMPTER}"
        )
    ]
