"""A run writes the rows of the search from what it has just read, and no longer reads its parutions again."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql"
DEFAIRE = (
    (SQL / "fiches_par_ensembles.sql").read_text(encoding="utf-8")
    + "DROP FUNCTION traits_publics(bigint[], bigint[]);"
    + "".join(
        f"ALTER FUNCTION {fonction}(bigint[]) SET enable_seqscan = off;"
        for fonction in ("sessions_cachees", "refaire_les_fiches")
    )
)


class Migration(migrations.Migration):
    """What is read of contents is a function of its own."""

    dependencies = [("publication", "0015_fiches_par_place")]
    operations = [
        migrations.RunSQL((SQL / "fiches_apparues.sql").read_text(encoding="utf-8"), DEFAIRE),
    ]
