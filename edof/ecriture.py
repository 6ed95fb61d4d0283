"""Writing of many rows in one statement."""

import json
from collections.abc import Collection, Sequence

from django.db import connection, models


def ecrire(lignes: Sequence[models.Model], champs: Collection[str]) -> None:
    """Write these fields of these saved rows of one table, in one UPDATE.

    `champs` are attribute names (`contact_id`). The statement has the same text whatever the number of rows:
    the values travel as one JSON document, which PostgreSQL reads with the types of the columns; a column of
    JSON cannot be one of them. Nothing is done for no row.
    """
    if not lignes:
        return
    modele = type(lignes[0])
    ecrits = [champ for champ in modele._meta.concrete_fields if champ.attname in champs]
    cle = modele._meta.pk
    assert cle is not None
    nom = connection.ops.quote_name
    document = [
        {
            champ.column: champ.get_db_prep_save(getattr(ligne, champ.attname), connection)
            for champ in (cle, *ecrits)
        }
        for ligne in lignes
    ]
    colonnes = ", ".join(
        f"{nom(str(champ.column))} {champ.cast_db_type(connection)}" for champ in (cle, *ecrits)
    )
    affectations = ", ".join(
        f"{nom(str(champ.column))} = ecrite.{nom(str(champ.column))}" for champ in ecrits
    )
    with connection.cursor() as curseur:
        curseur.execute(
            f"UPDATE {nom(modele._meta.db_table)} AS ligne SET {affectations}"
            f" FROM json_to_recordset(%s::json) AS ecrite({colonnes})"
            f" WHERE ligne.{nom(str(cle.column))} = ecrite.{nom(str(cle.column))}",
            [json.dumps(document, default=str)],
        )
