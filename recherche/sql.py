"""Pieces of SQL with their values."""

from typing import Any


class Sql:
    """A piece of SQL, and the values of its `%s`, in order."""

    def __init__(self, texte: str, *valeurs: Any) -> None:
        self.texte, self.valeurs = texte, list(valeurs)


FAUX, VRAI = Sql("false"), Sql("true")


def et(*conditions: Sql) -> Sql:
    """Return the condition that all of these hold."""
    return _joindre(" AND ", conditions) if conditions else VRAI


def ou(*conditions: Sql) -> Sql:
    """Return the condition that one of these holds."""
    return _joindre(" OR ", conditions) if conditions else FAUX


def _joindre(mot: str, conditions: tuple[Sql, ...]) -> Sql:
    textes = (condition.texte for condition in conditions)
    return Sql(f"({mot.join(textes)})", *(valeur for condition in conditions for valeur in condition.valeurs))
