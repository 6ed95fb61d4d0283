"""Indexes find the identifier of a session in an organisme, or a part of it."""

import edof.trios
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_trios'),
        ('organismes', '0005_trios'),
        ('sessions_app', '0003_serie'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='session',
            index=models.Index(fields=['organisme', 'identifiant_normalise'], name='session_par_nom'),
        ),
        migrations.AddIndex(
            model_name='session',
            index=edof.trios.IndexDesTrios('identifiant', name='session_par_trios', par='organisme'),
        ),
    ]
