"""The indexes of foreign keys that begin another index of the table are dropped."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_index_des_actions'),
        ('organismes', '0003_contexte_de_l_historique'),
        ('sessions_app', '0001_initial'),
    ]

    operations = [
        migrations.AlterField(
            model_name='session',
            name='action',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='sessions', to='catalogue.action', verbose_name='action'),
        ),
        migrations.AlterField(
            model_name='session',
            name='organisme',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='sessions', to='organismes.organisme', verbose_name='organisme'),
        ),
    ]
