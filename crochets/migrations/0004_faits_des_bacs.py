"""A run of a sandbox tells that sandbox alone."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "faits_des_bacs.sql"


class Migration(migrations.Migration):
    """The function of the runs, and the trigger of those of the sandboxes."""

    dependencies = [
        ("crochets", "0003_horloge_de_tous"),
        ("organismes", "0014_bacs_a_sable"),
        ("publication", "0010_passages_des_bacs"),
    ]
    operations = [
        migrations.RunSQL(
            SQL.read_text(encoding="utf-8"), "DROP TRIGGER dire_la_fin ON publication_passagedebac"
        )
    ]
