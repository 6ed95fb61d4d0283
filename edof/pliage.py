"""How names and words are found and put in order: without case, accents, hyphens nor apostrophes, as a reader
does.

« Chevilly-Larue » is found by « chevilly larue », a typographic apostrophe by a straight one, and Évrard
comes between de Villiers and martin. The function `plier` of the database
(`organismes/migrations/sql/plier.sql`) says the same as the one here; it depends on neither the locale nor
the search path of the server, so that indexes stand on it.
"""

import re
import unicodedata
from typing import Any

from django.db.models import CharField, F, TextField, Transform
from django.db.models.lookups import Contains

# Combining marks, and what nobody sees: soft hyphens, joiners, marks of direction.
_DE_TROP = re.compile("[\u0300-\u036f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufeff]")
_LETTRES = str.maketrans(
    {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    | dict(zip("ØøŁłĐđ", "oolldd", strict=True))
    | {"Œ": "oe", "œ": "oe", "Æ": "ae", "æ": "ae", "ß": "ss"}
    | dict.fromkeys("-\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212", " ")
    | dict.fromkeys("'`\u2018\u2019\u201b\u02b9\u02bc\u2032", " ")
)


# Each word that is looked for costs a reading.
MOTS_AU_PLUS = 6


def plier(texte: str) -> str:
    """« Évry-l'Œuvre » gives « evry l oeuvre »."""
    plie = _DE_TROP.sub("", unicodedata.normalize("NFKD", texte)).translate(_LETTRES)
    # Two rounds leave one space of a few; PostgreSQL does it this way ten times faster than with a pattern.
    return plie.replace("  ", " ").replace("  ", " ").strip(" ")


def morceaux(q: str, au_plus: int) -> list[str]:
    """What somebody typed, cut at spaces and folded; « Chevilly-Larue » stays in one piece, « chevilly larue
    ».
    """
    return [plie for mot in q.split() if (plie := plier(mot))][:au_plus]


class Plie(Transform):
    """The folded text, as PostgreSQL computes it; null stays null. Also `nom__plie` in a look-up or an
    order.
    """

    lookup_name, function = "plie", "plier"
    output_field = TextField()


class Trouve(Contains):
    """`intitule__trouve="superieur"`: the folded text holds the folded words."""

    lookup_name = "trouve"

    def __init__(self, lhs: Any, rhs: str) -> None:
        super().__init__(Plie(lhs), plier(rhs))

    def get_rhs_op(self, connection: Any, rhs: str) -> str:
        """What « % » and « _ » mean is escaped in what is looked for."""
        return f"LIKE {rhs}"


for genre in (CharField, TextField):
    genre.register_lookup(Plie)
    genre.register_lookup(Trouve)


def tri_francais(*champs: str) -> list[Any]:
    """What puts rows in French order: by the folded text, then by the text itself."""
    return [expression for champ in champs for expression in (Plie(F(champ)), F(champ))]
