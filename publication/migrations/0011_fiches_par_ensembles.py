"""The rows that the public searches are written by sets, for half of their cost, and leave the sandboxes out."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
DEFAIRE = """
DROP TRIGGER hors_des_bacs_a_l_ajout ON publication_fichepublique;
DROP FUNCTION refuser_les_bacs;
"""


class Migration(migrations.Migration):
    """The same rows, read once by keys; a trigger refuses those of a sandbox."""

    dependencies = [("publication", "0010_passages_des_bacs"), ("organismes", "0014_bacs_a_sable")]
    operations = [
        migrations.RunSQL(
            (SQL / "fiches_par_ensembles.sql").read_text(encoding="utf-8"), migrations.RunSQL.noop
        ),
        migrations.RunSQL((SQL / "fiches_hors_des_bacs.sql").read_text(encoding="utf-8"), DEFAIRE),
    ]
