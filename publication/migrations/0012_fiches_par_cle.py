"""Fiches and words are found by their keys, also in tables that were empty when PostgreSQL last counted them.

On a first night it planned to read such a table whole for each action: the time grew with the square of the
actions, until statistics were made in the middle of the run.
"""

from django.db import migrations

_FONCTIONS = ("sessions_cachees", "refaire_les_fiches", "ecrire_les_mots")


class Migration(migrations.Migration):
    """These functions read no table from end to end."""

    dependencies = [("publication", "0011_fiches_par_ensembles")]
    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {fonction}(bigint[]) SET enable_seqscan = off",
            f"ALTER FUNCTION {fonction}(bigint[]) RESET enable_seqscan",
        )
        for fonction in _FONCTIONS
    ]
