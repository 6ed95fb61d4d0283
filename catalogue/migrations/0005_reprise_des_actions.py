"""Actions entered before their mandatory fields existed: the price becomes a line net of VAT, and what was validée or
active goes back to brouillon, its open sessions to validée, since nobody can guess a contact or a rhythm."""

from django.db import migrations

REPRISE = """
UPDATE catalogue_action SET ht_0 = total_ttc, ttc_0 = total_ttc, total_ht = total_ttc WHERE total_ttc IS NOT NULL;
UPDATE sessions_app_session SET statut = 'validee', ouverte = false, ouverte_depuis = NULL WHERE statut = 'active';
UPDATE catalogue_action SET statut = 'brouillon' WHERE statut IN ('validee', 'active');
UPDATE catalogue_offre SET statut = 'brouillon' WHERE statut IN ('validee', 'active') AND type_offre = 'vae';
"""


class Migration(migrations.Migration):

    dependencies = [("catalogue", "0004_offre_action_completes"), ("sessions_app", "0001_initial")]

    operations = [migrations.RunSQL(REPRISE, migrations.RunSQL.noop)]
