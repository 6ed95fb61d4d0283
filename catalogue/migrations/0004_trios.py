"""Indexes find a part of a word of an offre or of an action, and the identifier of an action."""

import django.db.models.deletion
import edof.trios
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_index_des_actions'),
        ('organismes', '0005_trios'),
    ]

    operations = [
        migrations.AlterField(
            model_name='action',
            name='organisme',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='actions', to='organismes.organisme', verbose_name='organisme'),
        ),
        migrations.AddIndex(
            model_name='action',
            index=models.Index(fields=['organisme', 'identifiant_normalise'], name='action_par_nom'),
        ),
        migrations.AddIndex(
            model_name='action',
            index=edof.trios.IndexDesTrios('identifiant', name='action_par_trios', par='organisme'),
        ),
        migrations.AddIndex(
            model_name='offre',
            index=edof.trios.IndexDesTrios('intitule', 'identifiant', name='offre_par_trios', par='organisme'),
        ),
    ]
