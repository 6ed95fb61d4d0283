"""A parution shares its contact and its address, has fewer indexes, and no key that is checked again."""

from pathlib import Path

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

SQL = Path(__file__).parent / 'sql'


def vers_un_contenu(**options):
    return models.ForeignKey(
        db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+',
        to='publication.contenu', **options,
    )


class Migration(migrations.Migration):

    dependencies = [
        ('publication', '0002_decomptes'),
    ]

    operations = [
        pgtrigger.migrations.AddTrigger(
            model_name='contenu',
            trigger=pgtrigger.compiler.Trigger(name='contenu_garde', sql=pgtrigger.compiler.UpsertTriggerSql(func="RAISE EXCEPTION 'pgtrigger: Cannot delete rows from % table', TG_TABLE_NAME;", hash='e43784083df548818f47130686b59563b7a6fd86', operation='DELETE', pgid='pgtrigger_contenu_garde_e5655', table='publication_contenu', when='BEFORE')),
        ),
        migrations.AlterField('parution', 'contenu_action', vers_un_contenu()),
        migrations.AlterField('parution', 'contenu_offre', vers_un_contenu()),
        migrations.AlterField('parution', 'contenu', models.JSONField(verbose_name='contenu propre à la session')),
        migrations.AddField('parution', 'coordonnees', vers_un_contenu(null=True, verbose_name='contact et adresse')),
        migrations.RunSQL(
            (SQL / 'coordonnees_a_part.sql').read_text(encoding='utf-8'),
            (SQL / 'coordonnees_dedans.sql').read_text(encoding='utf-8'),
        ),
        migrations.AlterField('parution', 'coordonnees', vers_un_contenu(verbose_name='contact et adresse')),
        migrations.RemoveIndex('parution', 'parution_par_premier_jour'),
        migrations.RemoveIndex('parution', 'parution_par_dernier_jour'),
        migrations.AddIndex(
            'parution', models.Index(fields=['organisme', 'du'], name='parution_par_organisme'),
        ),
        migrations.AddIndex(
            'parution', models.Index(fields=['du'], name='parution_par_premier_jour'),
        ),
        migrations.AddIndex(
            'parution',
            models.Index(
                condition=models.Q(('au__isnull', False)), fields=['au', 'organisme'], name='parution_par_dernier_jour',
            ),
        ),
        migrations.AlterField(
            'parution', 'organisme',
            models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING,
                related_name='parutions', to='organismes.organisme',
            ),
        ),
    ]
