"""The indexes of the lists of the accueil."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_index_des_actions'),
        ('organismes', '0004_connexions'),
        ('sessions_app', '0004_trios'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('statut', 'active')), fields=['organisme', 'date_debut'], name='session_active_par_debut'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('statut', 'active')), fields=['organisme', 'date_fin'], name='session_active_par_fin'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=models.Index(condition=models.Q(('statut', 'brouillon')), fields=['organisme', 'modifie_le', 'id'], name='session_brouillon_par_date'),
        ),
    ]
