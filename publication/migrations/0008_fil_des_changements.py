"""The change feed: what statements and runs did, and the triggers that write it."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
from django.db import migrations, models


SQL = Path(__file__).parent / 'sql' / 'fil.sql'
DEFAIRE = 'DROP FUNCTION tracer_les_fiches(), tracer_les_entrees(), tracer_les_organismes() CASCADE'


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_trios'),
        ('organismes', '0009_trios_du_carnet'),
        ('publication', '0007_mouvements_des_mots'),
        ('sessions_app', '0008_programmations'),
    ]

    operations = [
        migrations.CreateModel(
            name='Trace',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('numero', models.BigIntegerField(null=True, verbose_name='numéro')),
                ('instant', models.DateTimeField(verbose_name='instant')),
                ('niveau', models.CharField(max_length=10, verbose_name='niveau')),
                ('nature', models.CharField(choices=[('creation', 'création'), ('modification', 'modification'), ('suppression', 'suppression'), ('parue', 'parue'), ('modifiee', 'modifiée'), ('retiree', 'retirée'), ('retenue', 'retenue')], max_length=12, verbose_name='nature')),
                ('contexte', models.UUIDField(null=True, verbose_name='contexte')),
                ('jour', models.DateField(null=True, verbose_name='jour publié')),
                ('raison', models.CharField(blank=True, max_length=40, verbose_name='raison')),
                ('fiches', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None, verbose_name='clés')),
                ('versions', django.contrib.postgres.fields.ArrayField(base_field=models.IntegerField(), null=True, size=None, verbose_name='versions')),
                ('organisme', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organismes.organisme')),
            ],
            options={
                'verbose_name': 'trace',
                'verbose_name_plural': 'traces',
                'indexes': [django.contrib.postgres.indexes.BrinIndex(fields=['instant'], name='trace_par_instant')],
                'constraints': [models.UniqueConstraint(fields=('organisme', 'numero'), name='trace_une_par_numero')],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding='utf-8'), DEFAIRE),
    ]
