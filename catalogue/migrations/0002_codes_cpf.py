"""The codes of the CPF, which are in no register; run again, it only corrects their titles."""

import datetime as dt

from django.db import migrations

from catalogue.nomenclatures import CODES_CPF
from edof.horloge import PARIS, a_l_instant

# As old as Mon Compte Formation, so that whoever reads the past (D-22) finds them there.
OUVERTURE = dt.datetime(2019, 11, 21, tzinfo=PARIS)


def charger(apps, schema_editor):
    """One certification for each code."""
    with a_l_instant(OUVERTURE):
        for code, intitule in CODES_CPF.items():
            apps.get_model("catalogue", "Certification").objects.update_or_create(
                code=code, defaults={"type_certification": "cpf", "intitule": intitule}
            )


class Migration(migrations.Migration):

    dependencies = [("catalogue", "0001_initial")]

    operations = [migrations.RunPython(charger, migrations.RunPython.noop)]
