"""The sandboxes are found at once among the organismes."""

from django.db import migrations, models


class Migration(migrations.Migration):
    """A partial index, of the sandboxes alone."""

    dependencies = [("organismes", "0015_horloge_de_tous")]
    operations = [
        migrations.AddIndex(
            "organisme",
            models.Index(
                fields=["id"], condition=models.Q(bac_a_sable=True), name="organisme_bac_a_sable"
            ),
        )
    ]
