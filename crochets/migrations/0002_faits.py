"""The triggers that write the events: sessions, the nightly run, lots, imports."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "faits.sql"
DEFAIRE = """
DROP TRIGGER dire_la_fin ON echanges_import;
DROP TRIGGER dire_la_fin ON lots_lot;
DROP TRIGGER dire_la_fin ON publication_passage;
DROP TRIGGER dire_a_l_ajout ON sessions_app_session;
DROP TRIGGER dire_au_changement ON sessions_app_session;
DROP TRIGGER distribuer ON crochets_evenement;
DROP FUNCTION crochets_dire_l_import;
DROP FUNCTION crochets_dire_le_lot;
DROP FUNCTION crochets_dire_la_publication;
DROP FUNCTION crochets_dire_les_nouvelles_sessions;
DROP FUNCTION crochets_dire_les_sessions;
DROP FUNCTION crochets_distribuer;
DROP FUNCTION crochets_est_attendu_de;
DROP FUNCTION crochets_est_attendu;
"""


class Migration(migrations.Migration):
    """The triggers."""

    dependencies = [
        ("crochets", "0001_crochets"),
        ("catalogue", "0004_trios"),
        ("sessions_app", "0008_programmations"),
        ("lots", "0001_lots"),
        ("publication", "0007_mouvements_des_mots"),
        ("echanges", "0001_imports"),
    ]
    operations = [migrations.RunSQL(SQL.read_text(encoding="utf-8"), DEFAIRE)]
