"""The indexes of foreign keys that begin another index of the table are dropped."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0002_codes_cpf'),
    ]

    operations = [
        migrations.AlterField(
            model_name='action',
            name='offre',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='actions', to='catalogue.offre', verbose_name='offre'),
        ),
    ]
