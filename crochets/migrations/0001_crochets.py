"""The webhooks: subscriptions, events, deliveries."""

import django.contrib.postgres.fields
import django.db.models.deletion
import edof.champs
import edof.horloge
import edof.textes
import pgtrigger.compiler
import pgtrigger.migrations
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('organismes', '0009_trios_du_carnet'),
        ('pghistory', '0007_auto_20250421_0444'),
    ]

    operations = [
        migrations.CreateModel(
            name='Abonnement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nom', edof.champs.LigneField(max_length=60, validators=[edof.textes.valider_texte], verbose_name='nom')),
                ('url', models.CharField(max_length=500, verbose_name='adresse')),
                ('evenements', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None, verbose_name='événements')),
                ('actif', models.BooleanField(default=True, verbose_name='actif')),
                ('arret', models.CharField(blank=True, choices=[('', '-'), ('voulu', 'désactivé à la demande'), ('echecs', "désactivé après 75 heures d'échecs"), ('parti', "désactivé : l'adresse a répondu qu'elle n'existe plus (410)")], default='', max_length=10, verbose_name='arrêt')),
                ('arrete_le', models.DateTimeField(editable=False, null=True, verbose_name='désactivé le')),
                ('secret', models.CharField(editable=False, max_length=100, verbose_name='secret')),
                ('secret_precedent', models.CharField(blank=True, editable=False, max_length=100, verbose_name='secret précédent')),
                ('precedent_jusqu_a', models.DateTimeField(editable=False, null=True, verbose_name="le précédent signe jusqu'à")),
                ('cree_le', models.DateTimeField(default=edof.horloge.maintenant, editable=False, verbose_name='créé le')),
                ('cree_par', models.CharField(blank=True, editable=False, max_length=200, verbose_name='créé par')),
                ('dernier_essai_le', models.DateTimeField(editable=False, null=True, verbose_name='dernier essai')),
                ('dernier_succes_le', models.DateTimeField(editable=False, null=True, verbose_name='dernière réussite')),
                ('lent', models.BooleanField(default=False, editable=False, verbose_name='lent')),
                ('pause_jusqu_a', models.DateTimeField(editable=False, null=True, verbose_name="en pause jusqu'à")),
                ('organisme', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='abonnements', to='organismes.organisme', verbose_name='organisme')),
            ],
            options={
                'verbose_name': 'abonnement',
                'verbose_name_plural': 'abonnements',
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='AbonnementEvent',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('id', models.BigIntegerField()),
                ('nom', edof.champs.LigneField(max_length=60, validators=[edof.textes.valider_texte], verbose_name='nom')),
                ('url', models.CharField(max_length=500, verbose_name='adresse')),
                ('evenements', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), default=list, size=None, verbose_name='événements')),
                ('actif', models.BooleanField(default=True, verbose_name='actif')),
                ('arret', models.CharField(blank=True, choices=[('', '-'), ('voulu', 'désactivé à la demande'), ('echecs', "désactivé après 75 heures d'échecs"), ('parti', "désactivé : l'adresse a répondu qu'elle n'existe plus (410)")], default='', max_length=10, verbose_name='arrêt')),
                ('arrete_le', models.DateTimeField(editable=False, null=True, verbose_name='désactivé le')),
                ('precedent_jusqu_a', models.DateTimeField(editable=False, null=True, verbose_name="le précédent signe jusqu'à")),
                ('cree_le', models.DateTimeField(default=edof.horloge.maintenant, editable=False, verbose_name='créé le')),
                ('cree_par', models.CharField(blank=True, editable=False, max_length=200, verbose_name='créé par')),
                ('organisme', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organismes.organisme', verbose_name='organisme')),
                ('pgh_context', models.ForeignKey(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='pghistory.context')),
                ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='crochets.abonnement')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Evenement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('identifiant', models.UUIDField(default=uuid.uuid4, unique=True, verbose_name='identifiant')),
                ('type', models.CharField(max_length=40, verbose_name='type')),
                ('instant', models.DateTimeField(db_index=True, default=edof.horloge.maintenant, verbose_name='instant')),
                ('donnees', models.JSONField(default=dict, verbose_name='données')),
                ('organisme', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='organismes.organisme', verbose_name='organisme')),
            ],
            options={
                'verbose_name': 'événement',
                'verbose_name_plural': 'événements',
            },
        ),
        migrations.CreateModel(
            name='Livraison',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('etat', models.CharField(choices=[('a_envoyer', 'En attente'), ('livree', 'Livrée'), ('abandonnee', 'Abandonnée')], default='a_envoyer', max_length=10, verbose_name='état')),
                ('cree_le', models.DateTimeField(default=edof.horloge.maintenant, editable=False, verbose_name='créée le')),
                ('essais', models.PositiveSmallIntegerField(default=0, verbose_name='essais')),
                ('prochain_essai_le', models.DateTimeField(null=True, verbose_name='prochain essai le')),
                ('livree_le', models.DateTimeField(null=True, verbose_name='livrée le')),
                ('tentatives', models.JSONField(default=list, verbose_name='tentatives')),
                ('abonnement', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='livraisons', to='crochets.abonnement', verbose_name='abonnement')),
                ('evenement', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='livraisons', to='crochets.evenement', verbose_name='événement')),
            ],
            options={
                'verbose_name': 'livraison',
                'verbose_name_plural': 'livraisons',
                'ordering': ['-pk'],
            },
        ),
        migrations.AddIndex(
            model_name='abonnement',
            index=models.Index(condition=models.Q(('actif', True)), fields=['organisme'], name='abonnement_actif'),
        ),
        migrations.AddConstraint(
            model_name='abonnement',
            constraint=models.UniqueConstraint(fields=('organisme', 'url'), name='abonnement_une_fois_par_adresse'),
        ),
        migrations.AddConstraint(
            model_name='abonnement',
            constraint=models.CheckConstraint(condition=models.Q(('actif', False), ('arret', ''), _connector='OR'), name='abonnement_arret_dit'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='abonnement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "crochets_abonnementevent" ("actif", "arret", "arrete_le", "cree_le", "cree_par", "evenements", "id", "nom", "organisme_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "precedent_jusqu_a", "url") VALUES (NEW."actif", NEW."arret", NEW."arrete_le", NEW."cree_le", NEW."cree_par", NEW."evenements", NEW."id", NEW."nom", NEW."organisme_id", _pgh_attach_context(), NOW(), \'insert\', NEW."id", NEW."precedent_jusqu_a", NEW."url"); RETURN NULL;', hash='d2dd1520799bc2ae105fea733861957ac6add72b', operation='INSERT', pgid='pgtrigger_insert_insert_580a2', table='crochets_abonnement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='abonnement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."actif" IS DISTINCT FROM (NEW."actif") OR OLD."arret" IS DISTINCT FROM (NEW."arret") OR OLD."arrete_le" IS DISTINCT FROM (NEW."arrete_le") OR OLD."cree_le" IS DISTINCT FROM (NEW."cree_le") OR OLD."cree_par" IS DISTINCT FROM (NEW."cree_par") OR OLD."evenements" IS DISTINCT FROM (NEW."evenements") OR OLD."id" IS DISTINCT FROM (NEW."id") OR OLD."nom" IS DISTINCT FROM (NEW."nom") OR OLD."organisme_id" IS DISTINCT FROM (NEW."organisme_id") OR OLD."precedent_jusqu_a" IS DISTINCT FROM (NEW."precedent_jusqu_a") OR OLD."url" IS DISTINCT FROM (NEW."url"))', func='INSERT INTO "crochets_abonnementevent" ("actif", "arret", "arrete_le", "cree_le", "cree_par", "evenements", "id", "nom", "organisme_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "precedent_jusqu_a", "url") VALUES (NEW."actif", NEW."arret", NEW."arrete_le", NEW."cree_le", NEW."cree_par", NEW."evenements", NEW."id", NEW."nom", NEW."organisme_id", _pgh_attach_context(), NOW(), \'update\', NEW."id", NEW."precedent_jusqu_a", NEW."url"); RETURN NULL;', hash='c3319950f3c284a58f1a46c9cf7a1762ed0e11e0', operation='UPDATE', pgid='pgtrigger_update_update_c6d52', table='crochets_abonnement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='abonnement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='INSERT INTO "crochets_abonnementevent" ("actif", "arret", "arrete_le", "cree_le", "cree_par", "evenements", "id", "nom", "organisme_id", "pgh_context_id", "pgh_created_at", "pgh_label", "pgh_obj_id", "precedent_jusqu_a", "url") VALUES (OLD."actif", OLD."arret", OLD."arrete_le", OLD."cree_le", OLD."cree_par", OLD."evenements", OLD."id", OLD."nom", OLD."organisme_id", _pgh_attach_context(), NOW(), \'delete\', OLD."id", OLD."precedent_jusqu_a", OLD."url"); RETURN NULL;', hash='ef62d985d784caaba3c7ed4de7c59871686014b6', operation='DELETE', pgid='pgtrigger_delete_delete_37b58', table='crochets_abonnement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='abonnementevent',
            trigger=pgtrigger.compiler.Trigger(name='append_only', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot update or delete rows from % table', TG_TABLE_NAME;", hash='a580faaa60b6344ecd7e5cf292407777ffb04f28', operation='UPDATE OR DELETE', pgid='pgtrigger_append_only_8814c', table='crochets_abonnementevent', when='BEFORE')),
        ),
        migrations.AddIndex(
            model_name='livraison',
            index=models.Index(fields=['abonnement', '-id'], name='livraison_par_abonnement'),
        ),
        migrations.AddIndex(
            model_name='livraison',
            index=models.Index(condition=models.Q(('etat', 'a_envoyer')), fields=['abonnement', 'prochain_essai_le'], name='livraison_a_envoyer'),
        ),
        migrations.AddConstraint(
            model_name='livraison',
            constraint=models.UniqueConstraint(fields=('abonnement', 'evenement'), name='livraison_unique'),
        ),
    ]
