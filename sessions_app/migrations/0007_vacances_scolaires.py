"""The school holidays that have been decreed; the administration corrects them and adds the next ones."""

import csv
from pathlib import Path

from django.db import migrations

DONNEES = Path(__file__).parents[1] / "donnees" / "vacances_scolaires.csv"
SOURCE = "vacances-scolaires-france 0.12.0 (MIT, Antoine Augusti)"


def charger(apps, schema_editor):
    """One row for each period of each zone; those that are there already are left as they are."""
    Fermeture = apps.get_model("sessions_app", "Fermeture")
    with DONNEES.open(encoding="utf-8") as fichier:
        for ligne in csv.DictReader(fichier):
            Fermeture.objects.get_or_create(
                genre="vacances",
                zone=ligne["zone"],
                du=ligne["du"],
                defaults={"au": ligne["au"], "nom": ligne["nom"], "source": SOURCE},
            )


class Migration(migrations.Migration):

    dependencies = [("sessions_app", "0006_fermetures_et_habitudes")]

    operations = [migrations.RunPython(charger, migrations.RunPython.noop)]
