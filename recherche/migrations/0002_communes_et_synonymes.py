"""The communes of the file of the repository, and the first synonyms; the administration corrects the latter."""

from django.db import migrations

from recherche.communes import charger

SYNONYMES = (
    "CACES, cariste, conduite de chariots",
    "SST, secouriste, sauveteur secouriste du travail",
    "PSC1, premiers secours",
    "FLE, français langue étrangère",
    "VTC, voiture de transport avec chauffeur",
    "BTS, brevet de technicien supérieur",
    "CAP, certificat d'aptitude professionnelle",
    "VAE, validation des acquis de l'expérience",
    "RH, ressources humaines",
    "RGPD, protection des données",
    "HACCP, hygiène alimentaire",
    "anglais, TOEIC, TOEFL, Linguaskill",
    "bureautique, Excel, Word, tableur",
    "permis B, permis de conduire",
    "petite enfance, AEPE",
    "aide-soignant, DEAS",
    "auxiliaire de vie, ADVF",
    "développeur, programmation",
)


def charger_tout(apps, schema_editor):
    """Load both."""
    with schema_editor.connection.cursor() as curseur:
        charger(curseur)
    Synonyme = apps.get_model("recherche", "Synonyme")
    Synonyme.objects.bulk_create([Synonyme(expressions=expressions) for expressions in SYNONYMES])


class Migration(migrations.Migration):

    dependencies = [("recherche", "0001_recherche")]

    operations = [migrations.RunPython(charger_tout, migrations.RunPython.noop)]
