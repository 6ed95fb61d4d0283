"""The name of a trade finds what its domain is called, and the reverse; the administration corrects them."""

from django.db import migrations

from catalogue.recherche_de_certification import sans_accents

METIERS = (
    "boucherie, boucher",
    "boulangerie, boulanger",
    "carrelage, carreleur",
    "charpente, charpentier",
    "chaudronnerie, chaudronnier",
    "chauffage, chauffagiste",
    "coiffure, coiffeur, coiffeuse",
    "comptabilité, comptable",
    "couture, couturier, couturière",
    "couverture, couvreur",
    "cuisine, cuisinier, cuisinière",
    "diététique, diététicien",
    "électricité, électricien, électrique",
    "esthétique, esthéticienne",
    "fleuriste, art floral",
    "frigoriste, froid, climatisation",
    "graphisme, graphiste",
    "hôtellerie, hôtelier",
    "informatique, informaticien",
    "jardinier, jardinage, espaces verts, paysagiste",
    "langue des signes, LSF",
    "logistique, logisticien",
    "maçonnerie, maçon",
    "management, manager, encadrement",
    "mécanique, mécanicien",
    "menuiserie, menuisier",
    "pâtisserie, pâtissier",
    "peinture, peintre",
    "photographie, photographe",
    "plomberie, plombier",
    "poids lourd, permis C",
    "secrétariat, secrétaire",
    "soudure, soudeur, soudage",
    "traduction, traducteur",
    "vente, vendeur, vendeuse",
)


def _mots(expressions: str) -> set[str]:
    return {sans_accents(expression).strip() for expression in expressions.split(",")}


def charger(apps, schema_editor):
    """Add those of which the administration has not written a word yet."""
    Synonyme = apps.get_model("recherche", "Synonyme")
    deja = set().union(*map(_mots, Synonyme.objects.values_list("expressions", flat=True)))
    Synonyme.objects.bulk_create(
        Synonyme(expressions=metier) for metier in METIERS if deja.isdisjoint(_mots(metier))
    )


def enlever(apps, schema_editor):
    """Take away those that are still as they were added."""
    apps.get_model("recherche", "Synonyme").objects.filter(expressions__in=METIERS).delete()


class Migration(migrations.Migration):

    dependencies = [("recherche", "0005_densites")]

    operations = [migrations.RunPython(charger, enlever)]
