"""Indexes that find a part of a word: GIN indexes on the pieces of three letters of a folded text.

« Logistique » contains « gist », so its pieces include « gis » and « ist »: the index gives the few rows that
have these pieces, and `Contient` keeps those where they follow each other. An index may keep the rows of each
owner apart, so that a word common among the others costs nothing. The database function `trios`
(`organismes/migrations/sql/trios.sql`) makes the pieces of a column; `docs/mesures.md` has the figures.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.fields.array import ArrayContains  # type: ignore[attr-defined]
from django.contrib.postgres.indexes import GinIndex
from django.db.models import CharField, F, Func, Q, TextField, Value
from django.db.models.functions import Cast, Collate

from edof.pliage import Contient, plier

LETTRES = 3
# The list in which an index lets its latest rows wait, in kB. Each search reads this list whole (0.5 ms); an
# insertion into it costs a fifth of one into the sorted part.
EN_ATTENTE = 1024


def trios(plie: str, devant: str = "") -> list[str]:
    """Return the distinct pieces of a text already folded, each behind `devant`: none below three letters."""
    return sorted({devant + plie[debut : debut + LETTRES] for debut in range(len(plie) - LETTRES + 1)})


def _des_trios(texte: Any, devant: Any) -> Collate:
    # The order « C » depends on no library of the server: the index stays valid when the library changes.
    pieces = Func(texte, devant, function="trios", output_field=ArrayField(TextField()))
    return Collate(pieces, "C")


def pieces_de(texte: Any, par: str) -> Collate:
    """Return the pieces of this text, for each value of the key `par`: what an index for `qui_a` keeps."""
    return _des_trios(texte, Cast(F(par), TextField()))


def qui_a(texte: Any, par: str, cle: int, mots: Iterable[str]) -> Q:
    """Return the condition: the row is one of those of `cle`, and this text has the pieces of these words.

    Every text that contains the words has their pieces; the converse does not hold. Words of one or two
    letters have none: without others, the rows of `cle` are read.
    """
    q, pieces = Q(**{par: cle}), {piece for mot in mots for piece in trios(plier(mot), str(cle))}
    return q & Q(ArrayContains(pieces_de(texte, par), sorted(pieces))) if pieces else q


class IndexDesTrios(GinIndex):
    """Index for the parts of words of some fields, for each value of the key `par` when there is one.

    Without `par` it serves the lookup `Trouve`, with it `trouve_par`.
    """

    def __init__(self, *champs: str, name: str, par: str = "") -> None:
        self.champs, self.par = champs, par
        devant = Cast(F(par), TextField()) if par else Value("")
        pieces = (_des_trios(F(champ), devant) for champ in champs)
        super().__init__(*pieces, name=name, gin_pending_list_limit=EN_ATTENTE)

    def deconstruct(self) -> Any:
        """Return the names of the fields, not the expressions made from them."""
        options = {"name": self.name} | ({"par": self.par} if self.par else {})
        return f"{type(self).__module__}.{type(self).__qualname__}", self.champs, options


class Trouve(Contient):
    """Lookup: the folded text contains the folded words, as in `raison_sociale__trouve="institut"`.

    The field has an index without `par`. It cannot serve one or two letters: every row is read.
    """

    lookup_name = "trouve"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        """Return the exact condition, and the one that the index serves."""
        contient, valeurs = super().as_sql(compiler, connection)
        if not (pieces := trios(self.rhs)):
            return contient, tuple(valeurs)
        (texte,) = self.lhs.get_source_expressions()
        dedans, des_pieces = compiler.compile(ArrayContains(_des_trios(texte, Value("")), pieces))
        return f"({contient} AND {dedans})", (*valeurs, *des_pieces)


for genre in (CharField, TextField):
    genre.register_lookup(Trouve)


def trouve_par(par: str, cle: Any, champ: str, mot: Any, pieces: Any = None) -> Q:
    """Return the condition: the row is one of those of `cle`, and this field contains the folded words.

    `par` is a foreign key, by which the index of the field keeps rows apart. This index cannot serve one or
    two letters: the rows of `cle` are read. For a statement that is kept, `cle`, `mot` and `pieces` are
    expressions: a key, a `motif` and what `trios` returns behind the key.
    """
    q = Q(**{par: cle}) & Q(Contient(F(champ), mot))
    if pieces is None:
        pieces = trios(plier(mot), str(cle))
    if pieces:
        q &= Q(ArrayContains(_des_trios(F(champ), Cast(F(par), TextField())), pieces))
    return q
