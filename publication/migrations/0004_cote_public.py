"""What the public side needs: whether it changed, how much it is read, the links to a preview."""

from pathlib import Path

import django.db.models.deletion
import edof.champs
import edof.horloge
import edof.textes
from django.conf import settings
from django.db import migrations, models


SQL = Path(__file__).parent / 'sql' / 'mouvements.sql'


class Migration(migrations.Migration):

    dependencies = [
        ('catalogue', '0004_trios'),
        ('organismes', '0007_bulletins'),
        ('publication', '0003_parution_allegee'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Mouvement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('instant', models.DateTimeField(verbose_name='instant')),
                ('poids', models.BigIntegerField(verbose_name='poids')),
            ],
            options={
                'verbose_name': 'mouvement',
                'verbose_name_plural': 'mouvements',
            },
        ),
        migrations.CreateModel(
            name='Partage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('pour', edof.champs.LigneField(blank=True, max_length=60, validators=[edof.textes.valider_texte], verbose_name='pour qui')),
                ('jour', models.DateField(verbose_name='jour montré')),
                ('avec_validees', models.BooleanField(default=False, verbose_name='avec les sessions validées, pas encore ouvertes')),
                ('empreinte', models.CharField(editable=False, max_length=64, unique=True, verbose_name='empreinte SHA-256')),
                ('cree_le', models.DateTimeField(default=edof.horloge.maintenant, editable=False, verbose_name='créé le')),
                ('expire_le', models.DateField(verbose_name='dernier jour de validité')),
                ('revoque_le', models.DateTimeField(editable=False, null=True, verbose_name='révoqué le')),
                ('action', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='partages', to='catalogue.action')),
                ('cree_par', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('organisme', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='partages', to='organismes.organisme')),
                ('revoque_par', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'verbose_name': 'aperçu partagé',
                'verbose_name_plural': 'aperçus partagés',
                'ordering': ['-cree_le', '-pk'],
            },
        ),
        migrations.CreateModel(
            name='Frequentation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('jour', models.DateField(verbose_name='jour')),
                ('vues', models.PositiveIntegerField(default=0, verbose_name='vue dans des résultats')),
                ('ouvertures', models.PositiveIntegerField(default=0, verbose_name='ouvertures')),
                ('action', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='catalogue.action')),
                ('organisme', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='organismes.organisme')),
            ],
            options={
                'verbose_name': 'fréquentation',
                'verbose_name_plural': 'fréquentations',
                'indexes': [models.Index(fields=['organisme', 'jour'], name='frequentation_par_organisme')],
                'constraints': [models.UniqueConstraint(fields=('action', 'jour'), name='frequentation_par_jour')],
            },
        ),
        migrations.RunSQL(SQL.read_text(encoding='utf-8'), 'DROP FUNCTION noter_un_mouvement() CASCADE'),
    ]
