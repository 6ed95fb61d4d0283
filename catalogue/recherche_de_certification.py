"""Search by words: accents and case are ignored, and the beginning of a word is enough.

Two functions of the database, `sans_accents` and `vecteur_de_mots` (`catalogue/migrations/sql`), fold a text
and cut it into words. They depend on neither the locale nor the search path of the server, so that indexes
can use them. `sans_accents` and `mots` do the same here for what a user types.
"""

import re
import unicodedata

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BooleanField, Func, Q, Value
from django.db.models.expressions import Combinable

# Maximum number of words of a search: more than any user types.
MOTS_AU_PLUS = 10
# The rest of a longer word is ignored, here and by `vecteur_de_mots`.
LETTRES_AU_PLUS = 60

_MARQUES = re.compile("[\u0300-\u036f]")
_SEPARATEURS = re.compile("[\u0000-/:-`{-\u00bf\u2000-\u206f]+")
_LETTRES = str.maketrans(
    {chr(code): chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
    | {
        "’": "'",
        "Œ": "oe",
        "œ": "oe",
        "Æ": "ae",
        "æ": "ae",
        "Ø": "o",
        "ø": "o",
        "Ł": "l",
        "ł": "l",
        "Đ": "d",
        "đ": "d",
        "ß": "ss",
    }
)


class VecteurDeMots(Func):
    """The folded words of a text as a `tsvector`, indexed by GIN for `par_mots`."""

    function = "vecteur_de_mots"
    arity = 1
    output_field = SearchVectorField()


def sans_accents(texte: str) -> str:
    """Return a typed text, folded as by the SQL function of the same name."""
    return _MARQUES.sub("", unicodedata.normalize("NFD", texte)).translate(_LETTRES)


def mots(q: str) -> list[str]:
    """Return the words of a typed text, folded and cut as by `vecteur_de_mots`, at most MOTS_AU_PLUS."""
    return [mot[:LETTRES_AU_PLUS] for mot in _SEPARATEURS.split(sans_accents(q)) if mot][:MOTS_AU_PLUS]


def par_mots(texte: Combinable, q: str) -> Q:
    """Return the condition that every word of `q` begins a word of `texte`.

    There is no condition (an empty `Q`) when `q` has no word.
    """
    termes = " & ".join(f"'{mot}':*" for mot in mots(q))
    if not termes:
        return Q()
    return Q(
        Func(
            VecteurDeMots(texte),
            Value(termes),
            template="%(expressions)s::tsquery",
            arg_joiner=" @@ ",
            output_field=BooleanField(),
        )
    )
