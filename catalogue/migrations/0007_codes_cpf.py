"""The CPF codes (domain 4.1): they are in no register, so the program brings them; run again, it only rights their titles."""

import datetime as dt

import django.core.validators
from django.db import migrations, models

from catalogue.nomenclatures import CODES_CPF
from edof.horloge import PARIS, a_l_instant

# As old as Mon Compte Formation, so that whoever reads the past (D-22) finds them there.
OUVERTURE = dt.datetime(2019, 11, 21, tzinfo=PARIS)


def charger(apps, schema_editor):
    with a_l_instant(OUVERTURE):
        for code, intitule in CODES_CPF.items():
            apps.get_model("catalogue", "Certification").objects.update_or_create(
                code=code, defaults={"type_certification": "cpf", "intitule": intitule}
            )


CODE = {
    "max_length": 10,
    "validators": [
        django.core.validators.RegexValidator(
            "^(RNCP|RS|CPF|ELU)[0-9]+\\Z", "Un code s'écrit RNCP, RS, CPF ou ELU, puis des chiffres : RNCP38413."
        )
    ],
    "verbose_name": "code",
}


class Migration(migrations.Migration):

    dependencies = [
        ("catalogue", "0006_contraintes"),
    ]

    operations = [
        migrations.AlterField("certification", "code", models.CharField(unique=True, **CODE)),
        migrations.AlterField("certificationevent", "code", models.CharField(**CODE)),
        migrations.RunPython(charger, migrations.RunPython.noop),
    ]
