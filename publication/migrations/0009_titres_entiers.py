"""A formation whose whole title is typed comes first, before those that have other words too."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "titres_entiers.sql"


class Migration(migrations.Migration):
    """The words of an offre, with its whole title."""

    dependencies = [("publication", "0008_fil_des_changements")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
