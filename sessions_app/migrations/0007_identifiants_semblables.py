"""Identifiers compared under a rule that folds more: kinds of hyphens, apostrophes and spaces, what nobody sees (D-04).

Nothing that people see changes, so neither history nor versions move. Where two identifiers of one parent now look alike, the
second keeps what it was compared by: both records live on, and can be saved.
"""

import pgtrigger
from django.db import migrations

from organismes.validateurs import normaliser_identifiant

TABLES = (
    ("organismes_contact", "identifiant", "organisme_id"),
    ("organismes_adresse", "titre", "organisme_id"),
    ("catalogue_offre", "identifiant", "organisme_id"),
    ("catalogue_action", "identifiant", "offre_id"),
    ("sessions_app_session", "identifiant", "action_id"),
)


def comparer_de_nouveau(apps, schema_editor):
    """Compute the compared form again where the rule may have changed it: outside ASCII, or with two spaces in a row."""
    with pgtrigger.ignore(), schema_editor.connection.cursor() as curseur:
        for table, colonne, parent in TABLES:
            for ou, cle in ((table, "id"), (f"{table}event", "pgh_id")):
                curseur.execute(
                    f"SELECT {cle}, {colonne}, {parent}, identifiant_normalise FROM {ou}"
                    f" WHERE octet_length({colonne}) <> length({colonne}) OR strpos({colonne}, '  ') > 0 ORDER BY {cle}"
                )
                lignes = [(pk, normaliser_identifiant(dit), au_dessus, ancien) for pk, dit, au_dessus, ancien in curseur.fetchall()]
                if lignes := [ligne for ligne in lignes if ligne[1] != ligne[3]]:
                    ecrire(curseur, ou, cle, parent, lignes, unique=ou == table)


def ecrire(curseur, table, cle, parent, lignes, *, unique):
    """Write those that nobody else bears under the same parent; in the history, all of them."""
    for pk, nouveau, au_dessus, _ in lignes:
        libre = f" AND NOT EXISTS (SELECT FROM {table} WHERE {parent} = %s AND identifiant_normalise = %s)" if unique else ""
        valeurs = [nouveau, pk, *([au_dessus, nouveau] if unique else [])]
        curseur.execute(f"UPDATE {table} SET identifiant_normalise = %s WHERE {cle} = %s{libre}", valeurs)


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0006_champs_lus"), ("catalogue", "0014_champs_lus"), ("organismes", "0013_champs_lus")]

    operations = [migrations.RunPython(comparer_de_nouveau, migrations.RunPython.noop)]
