"""Statements composed once, then executed with other values.

Composing a queryset and compiling it takes Django longer than PostgreSQL takes to find a few rows by their
keys: `Gardee` keeps the statement, and each reading only gives its values. A query that depends on the day is
kept by the day (`functools.lru_cache`). `Ecriture` does the same for the columns of a row.
"""

from collections.abc import Iterable
from copy import copy
from types import SimpleNamespace
from typing import Any, Generic, TypeVar

from django.contrib.postgres.fields import ArrayField
from django.db import DEFAULT_DB_ALIAS, connections
from django.db.backends.postgresql.base import ServerBindingCursor
from django.db.models import (
    BigIntegerField,
    Expression,
    F,
    Lookup,
    Model,
    Q,
    QuerySet,
    Value,
    prefetch_related_objects,
)
from django.db.models.expressions import Combinable
from django.db.models.query import ModelIterable
from django.db.transaction import TransactionManagementError
from psycopg import sql
from psycopg.types.numeric import Int8

M = TypeVar("M", bound=Model)

# The statements that a connection keeps prepared: some forty serve the ordinary pages, 0.4 MB each for the
# server. psycopg keeps 100.
PREPAREES_AU_PLUS = 200


class Donnee(Expression):
    """A value that each reading gives, by this name: `filter(pk=Donnee("cle"))`, then `lire(cle=12)`."""

    def __init__(self, nom: str) -> None:
        super().__init__()
        self.nom = nom

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, Any]:
        """Return the place of the value, and this expression as its parameter."""
        return "%s", (self,)


class _Parmi(Lookup):
    lookup_name = "parmi"

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:
        gauche, devant = self.process_lhs(compiler, connection)
        droite, derriere = self.process_rhs(compiler, connection)
        return f"{gauche} = ANY({droite})", (*devant, *derriere)


def parmi(champ: str, nom: str) -> Q:
    """Return the condition: the key `champ` is one of the list that each reading gives by this name."""
    return Q(_Parmi(F(champ), Donnee(nom)))


def une_de(champ: str, cles: list[int]) -> Q:
    """Return the condition: the key `champ` is one of these, in one parameter whatever their number.

    PostgreSQL knows how many there are, which it does not of `edof.ecriture.parmi`, and reads accordingly.
    """
    return Q(_Parmi(F(champ), Value(cles, output_field=ArrayField(BigIntegerField()))))


class Instruction:
    """A statement, some of whose parameters are `Donnee`; the others are written in its text.

    Each connection asks PostgreSQL to prepare it once, so that it is not planned again.
    """

    def __init__(self, texte: str, parametres: Iterable[Any], base: str = DEFAULT_DB_ALIAS) -> None:
        self.base = base
        connections[base].ensure_connection()
        connexion, parametres = connections[base].connection, list(parametres)
        self.donnees = [parametre.nom for parametre in parametres if isinstance(parametre, Donnee)]
        self.texte = texte.replace("%%", "%%%%") % tuple(
            "%s" if isinstance(p, Donnee) else str(sql.Literal(p).as_string(connexion)).replace("%", "%%")
            for p in parametres
        )

    def lignes(self, **valeurs: Any) -> list[tuple[Any, ...]]:
        """Return the rows for these values, as the database gives them."""
        with self._curseur() as curseur:
            curseur.execute(self.texte, [_large(valeurs[nom]) for nom in self.donnees])
            return curseur.fetchall()

    def _curseur(self) -> Any:
        """Return a cursor that prepares; or one that writes the values in the statement, to log it whole."""
        connexion: Any = connections[self.base]
        connexion.ensure_connection()
        if connexion.queries_logged:
            return connexion.cursor()
        connexion.connection.prepared_max = PREPAREES_AU_PLUS
        curseur: Any = ServerBindingCursor
        return connexion._prepare_cursor(curseur(connexion.connection))


def _large(valeur: Any) -> Any:
    """Return an integer, or a list of them, as PostgreSQL's widest.

    psycopg would give each size its own type, and a statement would be prepared once for each.
    """
    if isinstance(valeur, list):
        return [_large(element) for element in valeur]
    return Int8(valeur) if type(valeur) is int and -(2**63) <= valeur < 2**63 else valeur


class Gardee(Generic[M]):
    """A queryset of which only the statement is kept: it caches no row.

    The values of the queryset that are no `Donnee` are kept too: it must not contain what changes, such as
    an instant.
    """

    def __init__(self, ensemble: QuerySet[M, Any]) -> None:
        self._a_lire_avec = ensemble._prefetch_related_lookups  # type: ignore[attr-defined]
        self._compilateur: Any = ensemble.query.get_compiler(ensemble.db)
        texte, parametres = self._compilateur.as_sql()
        self._instruction = Instruction(texte, parametres, ensemble.db)
        # The connection of this thread: each reading has its own.
        self._compilateur.connection = None

    def lire(self, **valeurs: Any) -> list[M]:
        """Return the records for these values, read now; what is prefetched with them is composed."""
        # All that the reading of rows asks of a queryset.
        query = SimpleNamespace(get_compiler=lambda using: self._pour(valeurs))
        base = self._instruction.base
        ensemble: Any = SimpleNamespace(db=base, query=query, _known_related_objects={})
        lues: list[M] = list(ModelIterable(ensemble))
        prefetch_related_objects(lues, *self._a_lire_avec)
        return lues

    def lignes(self, **valeurs: Any) -> list[tuple[Any, ...]]:
        """Return the rows of a queryset made with `values_list`, for these values, read now."""
        return list(self._pour(valeurs).results_iter(tuple_expected=True))

    def _pour(self, valeurs: dict[str, Any]) -> Any:
        """Return Django's own compiler, which reads the rows, with the statement instead of composing it."""
        compilateur = copy(self._compilateur)
        compilateur.connection = connections[self._instruction.base]
        if compilateur.query.select_for_update and compilateur.connection.get_autocommit():
            raise TransactionManagementError("What is locked is released at once outside a transaction.")
        compilateur.execute_sql = lambda *_, **__: [self._instruction.lignes(**valeurs)]
        return compilateur


class Ecriture:
    """The UPDATE of these columns of one row of a table, composed once.

    `rendre` is an expression that is read on the row as it has just been written. The statement is not
    prepared: that of a record is sent behind the one that signs its history.
    """

    def __init__(
        self, modele: type[Model], colonnes: Iterable[str], rendre: Combinable | None = None
    ) -> None:
        ensemble = modele._default_manager.annotate(rendu=Value(True) if rendre is None else rendre)
        compilateur: Any = ensemble.query.get_compiler(ensemble.db)
        compilateur.setup_query()
        texte, parametres = compilateur.compile(ensemble.query.annotations["rendu"])
        rendu = Instruction(texte, parametres, ensemble.db)
        nom, cle = compilateur.quote_name_unless_alias, modele._meta.pk
        assert cle is not None
        self.base, self.cle = ensemble.db, cle
        self.champs: list[Any] = [modele._meta.get_field(colonne) for colonne in colonnes]
        valeurs = ", ".join(f"{nom(champ.column)} = {self._place(champ)}" for champ in self.champs)
        self.texte = (
            f"UPDATE {nom(modele._meta.db_table)} SET {valeurs} WHERE {nom(cle.column)} = %s"
            f" RETURNING {rendu.texte}"
        )

    def ecrire(self, ligne: Model) -> Any:
        """Write these columns of this row, and return what `rendre` is worth; None when the row is gone."""
        connexion = connections[self.base]
        valeurs = [
            champ.get_db_prep_save(getattr(ligne, champ.attname), connexion)
            for champ in (*self.champs, self.cle)
        ]
        with connexion.cursor() as curseur:
            curseur.execute(self.texte, valeurs)
            rendue = curseur.fetchone()
        return rendue and rendue[0]

    def _place(self, champ: Any) -> str:
        """Return what stands for the value of this column, with its type when it needs one."""
        if not hasattr(champ, "get_placeholder"):
            return "%s"
        return str(champ.get_placeholder(None, None, connections[self.base]))
