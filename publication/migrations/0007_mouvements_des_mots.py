"""The words of the public search, when they are written, change what caches ask."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "mouvements_des_mots.sql"
DEFAIRE = """
DROP TRIGGER mouvement_a_l_ajout ON publication_motspublics;
DROP TRIGGER mouvement_au_changement ON publication_motspublics;
"""


class Migration(migrations.Migration):
    """The triggers of the words."""

    dependencies = [("publication", "0006_contenus_repris")]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), DEFAIRE)]
