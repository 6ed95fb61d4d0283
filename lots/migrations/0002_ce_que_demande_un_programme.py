from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('lots', '0001_lots'),
    ]

    operations = [
        migrations.AddField(
            model_name='lignedelot',
            name='demande',
            field=models.JSONField(null=True),
        ),
        migrations.AddField(
            model_name='lignedelot',
            name='reponse',
            field=models.JSONField(null=True),
        ),
    ]
