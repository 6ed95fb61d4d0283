"""Of the communes beyond a circle, the actions whose own place may be within are found by the index alone."""

from django.contrib.postgres.operations import AddIndexConcurrently, RemoveIndexConcurrently
from django.db import migrations, models


class Migration(migrations.Migration):
    """The index of places has the positions too; the former one served nothing else."""

    atomic = False
    dependencies = [("publication", "0014_fiches_dans_l_ordre")]
    operations = [
        AddIndexConcurrently(
            "fichepublique",
            models.Index(fields=["lieu", "latitude", "longitude"], name="fiche_publique_par_place"),
        ),
        RemoveIndexConcurrently("fichepublique", "fiche_publique_par_lieu"),
    ]
