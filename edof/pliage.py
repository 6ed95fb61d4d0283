"""Folding of names and words for search and sorting: case, accents, hyphens and apostrophes are ignored.

« Chevilly-Larue » is found by « chevilly larue », a typographic apostrophe by a straight one, and Évrard
comes between de Villiers and martin. The database function `plier` (`organismes/migrations/sql/plier.sql`)
gives the same result as `plier` here. It depends on neither the locale nor the search path of the server, so
that it can be indexed.
"""

import re
import unicodedata
from typing import Any

from django.db import connection
from django.db.models import CharField, F, TextField, Transform
from django.db.models.lookups import Contains

# Combining marks, and invisible characters: soft hyphens, joiners, direction marks.
_DE_TROP = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_LETTRES = str.maketrans(
    {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    | dict(zip("ØøŁłĐđ", "oolldd", strict=True))
    | {"Œ": "oe", "œ": "oe", "Æ": "ae", "æ": "ae", "ß": "ss"}
    | dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212", " ")
    | dict.fromkeys("'`\u2018\u2019\u201b\u02b9\u02bc\u2032", " ")
)


# Maximum number of words searched: each one costs a scan.
MOTS_AU_PLUS = 6


def plier(texte: str) -> str:
    """Return the folded text: « Évry-l'Œuvre » gives « evry l oeuvre »."""
    plie = _DE_TROP.sub("", unicodedata.normalize("NFKD", texte)).translate(_LETTRES)
    # Two replacements reduce a few spaces to one; in PostgreSQL this is ten times faster than a regular
    # expression.
    return plie.replace("  ", " ").replace("  ", " ").strip(" ")


def morceaux(q: str, au_plus: int) -> list[str]:
    """Return the first `au_plus` words of the search text, split at spaces and folded.

    « Chevilly-Larue » stays in one piece, « chevilly larue ».
    """
    return [plie for mot in q.split() if (plie := plier(mot))][:au_plus]


def motif(plie: str) -> str:
    """Return the pattern of LIKE that finds this folded text anywhere."""
    return f"%{connection.ops.prep_for_like_query(plie)}%"


class Plie(Transform):
    """Transform to the folded text, computed by PostgreSQL; null stays null.

    Usable as `nom__plie` in a lookup or in an ordering.
    """

    lookup_name, function = "plie", "plier"
    output_field = TextField()


class Contient(Contains):
    """Lookup: the folded text contains the folded words, as in `intitule__contient="superieur"`.

    It reads every row. `edof/trios.py` has the lookup and the conditions that an index serves.
    """

    lookup_name = "contient"

    def __init__(self, lhs: Any, rhs: Any) -> None:
        # What is no text is an expression, which gives a `motif`.
        super().__init__(Plie(lhs), plier(rhs) if isinstance(rhs, str) else rhs)

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        """Return the LIKE operator for a pattern in which « % » and « _ » are already escaped."""
        return f"LIKE {rhs}"


for genre in (CharField, TextField):
    genre.register_lookup(Plie)
    genre.register_lookup(Contient)


def tri_francais(*champs: str) -> list[Any]:
    """Return the expressions that sort rows in French order: by the folded text, then by the text itself."""
    return [expression for champ in champs for expression in (Plie(F(champ)), F(champ))]
