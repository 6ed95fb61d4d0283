"""« Toute la série » is found by an index, among all the sessions of an organisme."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of the sessions that a series made."""

    atomic = False
    dependencies = [("sessions_app", "0008_programmations")]
    operations = [
        AddIndexConcurrently(
            "session",
            models.Index(fields=["serie"], condition=models.Q(serie__isnull=False), name="session_par_serie"),
        )
    ]
