"""The rows that the public searches are written by sets, for half of what they cost a first night."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "fiches_par_ensembles.sql"


class Migration(migrations.Migration):
    """The same rows, read once by keys."""

    dependencies = [("publication", "0009_titres_entiers")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
