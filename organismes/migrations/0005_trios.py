"""Parts of words are found by indexes on pieces of three letters."""

import django.contrib.postgres.indexes
import django.db.models.functions.text
import edof.trios
from django.db import migrations, models
from pathlib import Path

SQL = Path(__file__).parent / 'sql' / 'trios.sql'


class Migration(migrations.Migration):

    dependencies = [
        ('auth', '0012_alter_user_first_name_max_length'),
        ('organismes', '0004_connexions'),
    ]

    operations = [
        migrations.RunSQL(SQL.read_text(encoding='utf-8'), 'DROP FUNCTION trios(text, text)'),
        migrations.AddIndex(
            model_name='adresse',
            index=edof.trios.IndexDesTrios('ville', name='adresse_par_trios', par='organisme'),
        ),
        migrations.AddIndex(
            model_name='organisme',
            index=edof.trios.IndexDesTrios('raison_sociale', name='organisme_par_trios'),
        ),
        migrations.AddIndex(
            model_name='organisme',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('siret'), name='text_pattern_ops'), name='organisme_par_siret'),
        ),
        migrations.AddIndex(
            model_name='organisme',
            index=models.Index(django.contrib.postgres.indexes.OpClass(django.db.models.functions.text.Upper('nda'), name='text_pattern_ops'), name='organisme_par_nda'),
        ),
        migrations.AddIndex(
            model_name='utilisateur',
            index=edof.trios.IndexDesTrios('courriel', 'nom', 'prenom', name='utilisateur_par_trios'),
        ),
    ]
