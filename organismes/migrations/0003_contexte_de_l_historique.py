"""The function that attaches the context of the history to each row, without a subtransaction per row."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "attacher_le_contexte.sql"


class Migration(migrations.Migration):

    dependencies = [("organismes", "0002_courriel"), ("pghistory", "0007_auto_20250421_0444")]

    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop)]
