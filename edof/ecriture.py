"""Writing of many rows in one statement."""

import json
from collections.abc import Collection, Sequence

from django.db import connection, models
from django.db.models.expressions import RawSQL


def ecrire(lignes: Sequence[models.Model], champs: Collection[str]) -> None:
    """Write these fields of these saved rows of one table, in one UPDATE.

    `champs` are attribute names (`contact_id`). When the values are not the same for all, they travel as one
    JSON document, which PostgreSQL reads with the types of the columns: texts, numbers, dates, instants, keys
    and lists of them. The statement has the same text whatever the number of rows. Nothing is done for no
    row.
    """
    if not lignes:
        return
    valeurs = {champ: getattr(lignes[0], champ) for champ in champs}
    if all(getattr(ligne, champ) == valeur for ligne in lignes for champ, valeur in valeurs.items()):
        type(lignes[0])._default_manager.filter(pk__in=parmi([ligne.pk for ligne in lignes])).update(
            **valeurs
        )
        return
    modele = type(lignes[0])
    ecrits = [champ for champ in modele._meta.concrete_fields if champ.attname in champs]
    cle = modele._meta.pk
    assert cle is not None
    nom = connection.ops.quote_name
    document = [
        {str(champ.column): getattr(ligne, champ.attname) for champ in (cle, *ecrits)} for ligne in lignes
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


def parmi(cles: Collection[int]) -> RawSQL:
    """Return what `pk__in` reads for these keys: one parameter, whatever their number."""
    return RawSQL("SELECT unnest(%s::bigint[])", [list(cles)])
