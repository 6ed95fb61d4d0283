"""The numbers of each offre, and the triggers that mark what must be counted again."""

from pathlib import Path

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

SQL = Path(__file__).parent / "sql" / "marquer.sql"


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0003_index_des_actions'),
        ('organismes', '0004_connexions'),
        ('publication', '0001_initial'),
    ]

    operations = [
        migrations.CreateModel(
            name='Decompte',
            fields=[
                ('offre', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='decompte', serialize=False, to='catalogue.offre')),
                ('pour', models.CharField(max_length=60, verbose_name='pour')),
                ('nombres', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveIntegerField(), size=None, verbose_name='nombres')),
                ('motifs', models.JSONField(default=dict, verbose_name='motifs')),
                ('organisme', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organismes.organisme')),
            ],
            options={
                'verbose_name': 'décompte',
                'verbose_name_plural': 'décomptes',
            },
        ),
        migrations.CreateModel(
            name='Marque',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('action', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalogue.action')),
                ('offre', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalogue.offre')),
                ('organisme', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organismes.organisme')),
            ],
            options={
                'verbose_name': 'marque',
                'verbose_name_plural': 'marques',
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), "DROP FUNCTION marquer_ce_qui_change() CASCADE"),
    ]
