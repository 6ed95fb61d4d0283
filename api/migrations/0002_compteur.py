from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('api', '0001_reponse_gardee'),
    ]

    operations = [
        migrations.CreateModel(
            name='Compteur',
            fields=[
                ('cle', models.CharField(max_length=80, primary_key=True, serialize=False, verbose_name='qui')),
                ('libre_le', models.DateTimeField(db_index=True, verbose_name='libre le')),
                ('fenetre', models.FloatField(verbose_name='fenêtre')),
            ],
            options={
                'verbose_name': 'débit',
                'verbose_name_plural': 'débits',
            },
        ),
        migrations.RunSQL('ALTER TABLE api_compteur SET UNLOGGED', 'ALTER TABLE api_compteur SET LOGGED'),
    ]
