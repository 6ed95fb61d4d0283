"""Functions shared by the measurements: a scratch database, and the creation of many rows."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, connections, models
from psycopg import sql

from organismes.models.identifiant import IdentifiantNormaliseField


def dire(texte: str) -> None:
    """Print a line of the result or of the progress."""
    print(texte, flush=True)


@contextmanager
def base_jetable(nom: str | None, garder: bool, *, copie: bool = False) -> Iterator[bool]:
    """Connect to a scratch database inside the block; yield True when it is new and must be filled.

    `nom` is the name of a database that was kept; without it, a new one is created: a copy of the one that is
    connected to, with `copie`. At the end the database is dropped, unless `garder`.
    """
    neuve = nom is None
    nom = nom or f"edof_mesure_{secrets.token_hex(4)}"
    origine = connection.settings_dict["NAME"]
    if neuve:
        modele = sql.SQL(" TEMPLATE {} STRATEGY FILE_COPY").format(sql.Identifier(origine))
        with connection.cursor() as curseur:
            curseur.execute(
                sql.SQL("CREATE DATABASE {}").format(sql.Identifier(nom)) + (modele if copie else sql.SQL(""))
            )
    connections.close_all()
    connection.settings_dict["NAME"] = nom
    try:
        yield neuve
    finally:
        connections.close_all()
        connection.settings_dict["NAME"] = origine
        if garder:
            dire(f"\nBase gardée : {nom}")
        else:
            with connection.cursor() as curseur:
                curseur.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(nom)))
            connection.close()


@contextmanager
def sans_historique(*modeles: type[models.Model]) -> Iterator[None]:
    """Disable the triggers of these tables inside the block.

    Rows that no user entered need no history while they are loaded.
    """
    tables = [modele._meta.db_table for modele in modeles]
    with connection.cursor() as curseur:
        for table in tables:
            curseur.execute(f'ALTER TABLE "{table}" DISABLE TRIGGER USER')
        yield
        for table in tables:
            curseur.execute(f'ALTER TABLE "{table}" ENABLE TRIGGER USER')


def multiplier(modele: type[models.Model], source: str, parametres: list[object], **expressions: str) -> None:
    """Insert one row of `modele` for each row of `source`, a FROM clause whose `m` is the model row.

    Columns not named in `expressions` are copied from the model row, so that a column added later is filled
    too. The normalised identifier is computed from the identifier, and `cle_de_creation` is NULL, because no
    row answers a request.
    """
    for champ in modele._meta.concrete_fields:
        if isinstance(champ, IdentifiantNormaliseField) and champ.de in expressions:
            expressions.setdefault(champ.name, f"lower({expressions[champ.de]})")
        elif champ.name == "cle_de_creation":
            expressions.setdefault(champ.name, "NULL")
    champs = [champ for champ in modele._meta.concrete_fields if not champ.primary_key]
    colonnes = ", ".join(f'"{champ.column}"' for champ in champs)
    valeurs = ", ".join(expressions.get(champ.name, f'm."{champ.column}"') for champ in champs)
    with connection.cursor() as curseur:
        curseur.execute(
            f'INSERT INTO "{modele._meta.db_table}" ({colonnes}) SELECT {valeurs} FROM {source}', parametres
        )
