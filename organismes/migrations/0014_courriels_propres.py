"""Addresses stored with a character that nobody sees: whoever types or pastes theirs must find their account.

An account whose cleaned address belongs to another one already is left as it is: nobody can tell which of the two serves.
"""

from django.db import migrations

from organismes.validateurs import normaliser_courriel

PLUS_QU_ASCII = "octet_length(courriel) <> length(courriel)"


def nettoyer(apps, schema_editor):
    """Clean the addresses of accounts, invitations and contacts."""
    with schema_editor.connection.cursor() as curseur:
        for table, meme in (
            ("organismes_utilisateur", "lower(autre.courriel) = lower(%s)"),
            ("organismes_invitation", "lower(autre.courriel) = lower(%s) AND autre.organisme_id = ligne.organisme_id"),
            ("organismes_contact", "false AND %s = ''"),
        ):
            curseur.execute(f"SELECT id, courriel FROM {table} WHERE {PLUS_QU_ASCII} ORDER BY id")
            for pk, ancien in curseur.fetchall():
                if (propre := normaliser_courriel(ancien)) != ancien:
                    curseur.execute(
                        f"UPDATE {table} AS ligne SET courriel = %s WHERE id = %s"
                        f" AND NOT EXISTS (SELECT FROM {table} AS autre WHERE autre.id <> ligne.id AND {meme})",
                        [propre, pk, propre],
                    )


class Migration(migrations.Migration):
    dependencies = [("organismes", "0013_champs_lus")]

    operations = [migrations.RunPython(nettoyer, migrations.RunPython.noop)]
