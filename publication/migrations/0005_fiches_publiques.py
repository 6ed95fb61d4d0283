"""What the public searches: a row per action that has something public, and the triggers that write it."""

from pathlib import Path

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
import publication.models.fiches
from django.db import migrations, models

SQL = Path(__file__).parent / 'sql'
DEFAIRE = """
DROP FUNCTION fiches_des_parutions(), fiches_des_sessions(), fiches_des_actions(), fiches_des_offres(),
    fiches_des_organismes() CASCADE;
DROP FUNCTION refaire_les_fiches(bigint[]), ecrire_les_mots(bigint[]);
DROP FUNCTION mots_de_l_offre(jsonb), mots_de_l_action(jsonb, text), code_cherche(text);
DROP FUNCTION cle_du_lieu(text, text);
DROP FUNCTION mots_d_un_texte(text);
"""


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_trios'),
        ('organismes', '0007_bulletins'),
        ('publication', '0004_cote_public'),
        ('sessions_app', '0008_programmations'),
    ]

    operations = [
        migrations.CreateModel(
            name='FichePublique',
            fields=[
                ('action', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='fiche_publique', serialize=False, to='catalogue.action')),
                ('type_offre', models.TextField(verbose_name='type')),
                ('certification', models.TextField(verbose_name='code de la certification')),
                ('niveau', models.TextField(verbose_name='niveau')),
                ('modalite', models.TextField(verbose_name="modalité d'enseignement")),
                ('entrees', models.TextField(verbose_name='entrées et sorties')),
                ('langue', models.TextField(verbose_name='langue')),
                ('rythmes', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None, verbose_name='rythmes')),
                ('accessible', models.BooleanField(verbose_name='lieu accessible')),
                ('prix', models.DecimalField(decimal_places=2, max_digits=12, null=True, verbose_name='prix TTC')),
                ('duree', models.IntegerField(null=True, verbose_name='durée en heures')),
                ('lieu', models.TextField(verbose_name='clé du lieu')),
                ('latitude', models.FloatField(null=True, verbose_name='latitude')),
                ('longitude', models.FloatField(null=True, verbose_name='longitude')),
                ('du', models.DateField(verbose_name='premier jour public')),
                ('nombre', models.IntegerField(verbose_name='nombre de sessions')),
                ('prochaine', models.DateField(null=True, verbose_name='premier début')),
                ('garantie', models.BooleanField(verbose_name='a une session garantie')),
                ('debuts', publication.models.fiches.JoursField(verbose_name='débuts')),
                ('debuts_garantis', publication.models.fiches.JoursField(verbose_name='débuts des sessions garanties')),
                ('contenu_action', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publication.contenu')),
                ('contenu_offre', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publication.contenu')),
                ('offre', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalogue.offre')),
                ('organisme', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organismes.organisme')),
            ],
            options={
                'verbose_name': 'fiche publique',
                'verbose_name_plural': 'fiches publiques',
                'indexes': [models.Index(fields=['lieu'], name='fiche_publique_par_lieu')],
            },
        ),
        migrations.CreateModel(
            name='MotsPublics',
            fields=[
                ('action', models.OneToOneField(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='mots_publics', serialize=False, to='catalogue.action')),
                ('mots', django.contrib.postgres.search.SearchVectorField(verbose_name='mots')),
                ('racines', django.contrib.postgres.search.SearchVectorField(verbose_name='racines')),
                ('contenus', django.contrib.postgres.search.SearchVectorField(verbose_name='racines des textes')),
                ('exacts', django.contrib.postgres.fields.ArrayField(base_field=models.TextField(), size=None, verbose_name='codes et identifiants')),
                ('contenu_action', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publication.contenu')),
                ('contenu_offre', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='publication.contenu')),
            ],
            options={
                'verbose_name': 'mots publics',
                'verbose_name_plural': 'mots publics',
                'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['mots', 'racines', 'contenus', 'exacts'], name='mots_publics_par_mot')],
            },
        ),
        migrations.RunSQL(
            (SQL / 'mots_publics.sql').read_text(encoding='utf-8') + (SQL / 'fiches.sql').read_text(encoding='utf-8'),
            DEFAIRE,
        ),
    ]
