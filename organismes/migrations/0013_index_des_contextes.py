"""The index of the history by person: what somebody did, for the file of one's data and for an erasure."""

from django.db import migrations


class Migration(migrations.Migration):

    # A table of millions of rows, which every write adds to.
    atomic = False

    dependencies = [("organismes", "0012_informations_legales_et_effacement")]

    operations = [
        migrations.RunSQL(
            "CREATE INDEX CONCURRENTLY IF NOT EXISTS contexte_par_personne ON pghistory_context"
            " ((metadata -> 'utilisateur')) WHERE (metadata -> 'utilisateur') IS NOT NULL",
            "DROP INDEX CONCURRENTLY IF EXISTS contexte_par_personne",
        )
    ]
