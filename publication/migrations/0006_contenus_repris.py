"""The run finds by action what it has copied; the second index of the digests, for LIKE, served nothing."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('publication', '0005_fiches_publiques'),
    ]

    operations = [
        migrations.AlterField('contenu', 'empreinte', models.CharField(max_length=64, verbose_name='empreinte SHA-256')),
        migrations.AddConstraint(
            'contenu', models.UniqueConstraint(fields=('empreinte',), name='contenu_par_empreinte'),
        ),
        migrations.AlterField(
            'parution', 'action',
            models.ForeignKey(
                db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING,
                related_name='parutions', to='catalogue.action',
            ),
        ),
        migrations.AddIndex('parution', models.Index(fields=['action', 'du'], name='parution_par_action')),
    ]
