"""The orders of the public search are read from indexes: a word that nearly all has is not read to the end."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models
from django.db.models import Func

_ORDRES = {
    "prix": "coalesce(prix, 1e15)::float8",
    "duree": "coalesce(duree, 1e15)::float8",
    "date": "coalesce(prochaine - DATE '2000-01-01', 1e15)::float8",
}


class Migration(migrations.Migration):
    """An index of each order."""

    atomic = False
    dependencies = [("publication", "0013_place_des_fiches")]
    operations = [
        AddIndexConcurrently(
            "fichepublique",
            models.Index(
                Func(template=f"({ordre})", output_field=models.FloatField()), name=f"fiche_publique_par_{nom}"
            ),
        )
        for nom, ordre in _ORDRES.items()
    ]
