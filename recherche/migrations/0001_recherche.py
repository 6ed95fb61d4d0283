"""Communes, synonyms, and the words that one may mistype."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import edof.champs
import edof.horloge
import edof.textes
import organismes.models.organisme
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        # `cle_du_lieu` is made there.
        ('publication', '0005_fiches_publiques'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Entretien',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('jour', models.DateField(unique=True, verbose_name='publication suivie')),
            ],
            options={
                'verbose_name': 'entretien',
                'verbose_name_plural': 'entretiens',
            },
        ),
        migrations.CreateModel(
            name='MotConnu',
            fields=[
                ('mot', models.TextField(db_collation='C', primary_key=True, serialize=False, verbose_name='mot')),
                ('nombre', models.IntegerField(verbose_name="nombre d'actions")),
            ],
            options={
                'verbose_name': 'mot connu',
                'verbose_name_plural': 'mots connus',
            },
        ),
        migrations.CreateModel(
            name='Synonyme',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('expressions', edof.champs.LigneField(help_text='Séparées par des virgules, de deux à quatre : « CACES, cariste ».', max_length=200, unique=True, validators=[edof.textes.valider_texte], verbose_name='expressions équivalentes')),
                ('modifie_le', organismes.models.organisme.DateDeModificationField(default=edof.horloge.maintenant, editable=False, verbose_name='modifié le')),
            ],
            options={
                'verbose_name': 'synonymes',
                'verbose_name_plural': 'synonymes',
                'ordering': ['expressions'],
            },
        ),
        migrations.CreateModel(
            name='SynonymeEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('expressions', edof.champs.LigneField(help_text='Séparées par des virgules, de deux à quatre : « CACES, cariste ».', max_length=200, validators=[edof.textes.valider_texte], verbose_name='expressions équivalentes')),
                ('modifie_le', organismes.models.organisme.DateDeModificationField(default=edof.horloge.maintenant, editable=False, verbose_name='modifié le')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Commune',
            fields=[
                ('insee', models.CharField(max_length=5, primary_key=True, serialize=False, verbose_name='code INSEE')),
                ('nom', models.TextField(verbose_name='nom')),
                ('departement', models.CharField(max_length=3, verbose_name='département')),
                ('codes_postaux', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=5), size=None, verbose_name='codes postaux')),
                ('population', models.IntegerField(verbose_name='population')),
                ('latitude', models.FloatField(null=True, verbose_name='latitude')),
                ('longitude', models.FloatField(null=True, verbose_name='longitude')),
                ('environ', models.BooleanField(verbose_name='position approchée')),
                ('cherche', models.GeneratedField(db_persist=True, expression=models.Func(models.Value(''), models.F('nom'), function='cle_du_lieu', output_field=models.TextField()), output_field=models.TextField())),
            ],
            options={
                'verbose_name': 'commune',
                'verbose_name_plural': 'communes',
                'indexes': [models.Index(django.contrib.postgres.indexes.OpClass('cherche', name='text_pattern_ops'), name='commune_par_nom'), models.Index(fields=['latitude', 'longitude'], name='commune_par_position'), models.Index(fields=['departement'], name='commune_par_departement')],
            },
        ),
        migrations.CreateModel(
            name='Lieu',
            fields=[
                ('cle', models.TextField(primary_key=True, serialize=False, verbose_name='clé')),
                ('environ', models.BooleanField(default=False, verbose_name='reconnu par son code postal seul')),
                ('commune', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lieux', to='recherche.commune')),
            ],
            options={
                'verbose_name': 'lieu',
                'verbose_name_plural': 'lieux',
            },
        ),
        migrations.CreateModel(
            name='MotTronque',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('cle', models.TextField(db_collation='C', verbose_name='début tronqué')),
                ('mot', models.TextField(db_collation='C', verbose_name='mot')),
            ],
            options={
                'verbose_name': 'mot tronqué',
                'verbose_name_plural': 'mots tronqués',
                'indexes': [models.Index(fields=['cle'], name='mot_tronque_par_cle'), models.Index(fields=['mot'], name='mot_tronque_par_mot')],
            },
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='synonyme',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "recherche_synonymeevent" ("expressions", "id", "modifie_le", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."expressions", NEW."id", NEW."modifie_le", _pgh_attach_context(), NOW(), \'insert\', NEW."id"); RETURN NULL;', hash='63cf3dc63f4136e4e83fff363a5d62181cec8a31', operation='INSERT', pgid='pgtrigger_insert_insert_350a4', table='recherche_synonyme', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='synonyme',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD.* IS DISTINCT FROM NEW.*)', func='INSERT INTO "recherche_synonymeevent" ("expressions", "id", "modifie_le", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (NEW."expressions", NEW."id", NEW."modifie_le", _pgh_attach_context(), NOW(), \'update\', NEW."id"); RETURN NULL;', hash='8affdc6b46570938eb3ffd39cfdeb495833ec143', operation='UPDATE', pgid='pgtrigger_update_update_1ceee', table='recherche_synonyme', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='synonyme',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "recherche_synonymeevent" ("expressions", "id", "modifie_le", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id") VALUES (OLD."expressions", OLD."id", OLD."modifie_le", _pgh_attach_context(), NOW(), \'delete\', OLD."id"); RETURN NULL;', hash='37427ad4e79bd67df0f9cc4a949a158aaf4816f3', operation='DELETE', pgid='pgtrigger_delete_delete_674e5', table='recherche_synonyme', when='AFTER')),
        ),
        migrations.AddField(
            model_name='synonymeevent',
            name='pgh_context',
            field=models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context'),
        ),
        migrations.AddField(
            model_name='synonymeevent',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='recherche.synonyme'),
        ),
        migrations.AddIndex(
            model_name='lieu',
            index=models.Index(django.contrib.postgres.indexes.OpClass('cle', name='text_pattern_ops'), name='lieu_par_code_postal'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='synonymeevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='27ff651d1815851b4c7666a684bf8a295525a316', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_d774a', table='recherche_synonymeevent', when='BEFORE')),
        ),
    ]
