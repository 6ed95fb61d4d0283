"""The numbers of the search that asks for nothing, kept."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [('recherche', '0003_mouvements')]

    operations = [
        migrations.CreateModel(
            name='NombresGardes',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('jour', models.DateField(unique=True, verbose_name='jour')),
                ('etat', models.BigIntegerField(verbose_name='état du public')),
                ('nombres', models.JSONField(verbose_name='nombres')),
            ],
            options={
                'verbose_name': 'nombres gardés',
                'verbose_name_plural': 'nombres gardés',
            },
        ),
    ]
