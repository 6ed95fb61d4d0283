"""Rules written once as a `Q`, used by PostgreSQL as a filter and by Python on one object.

A rule is a mandatory field, a coherence of dates or a condition of visibility. The nightly run and the lists
pass its `Q` to the database; the form, the buttons and the diagnosis call `est_respectee(objet)`.
"""

import copy
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import Any, Protocol

from django.core.exceptions import ObjectDoesNotExist
from django.db.models import F, Q

_COMPARAISONS: dict[str, Callable[[Any, Any], bool]] = {
    "exact": operator.eq,
    "gt": operator.gt,
    "gte": operator.ge,
    "lt": operator.lt,
    "lte": operator.le,
    "in": lambda gauche, droite: gauche in droite,
}


Test = Callable[[Any], bool]


def valeur_de(objet: Any, chemin: str) -> Any:
    """Return the value at the end of a path such as `action__offre__statut`, None when a link is missing."""
    return _lecture(chemin)(objet)


def verifie(q: Q, objet: Any) -> bool:
    """Return whether `q` holds for one object, as a `WHERE` clause would.

    A comparison with an absent value does not hold. Only the lookups used by the rules are supported (exact,
    isnull, gt, gte, lt, lte, in): the name of any other is read as one more attribute of the path.
    """
    return _test_garde(q)(objet)


@lru_cache(maxsize=512)
def _test_garde(q: Q) -> Test:
    return _test(q)


def _test(q: Q) -> Test:
    """Return the function that reads `q` on an object: the paths are split once, not for each object."""
    enfants: Iterable[Any] = q.children
    tests = [_test(enfant) if isinstance(enfant, Q) else _comparaison(*enfant) for enfant in enfants]
    un_seul = q.connector == Q.OR and bool(tests)

    def tester(objet: Any) -> bool:
        for test in tests:
            if test(objet) is un_seul:
                return un_seul is not q.negated
        return un_seul is q.negated

    return tester


def _comparaison(recherche: str, valeur: Any) -> Test:
    chemin, _, nom = recherche.rpartition("__")
    if nom not in _COMPARAISONS and nom != "isnull":
        chemin, nom = recherche, "exact"
    gauche = _lecture(chemin)
    if nom == "isnull":
        cle = f"{chemin}_id"

        def est_vide(objet: Any) -> bool:
            # The column of a link is enough to know whether it is filled: do not fetch the linked object.
            colonnes = vars(objet)
            lue = colonnes[cle] if cle in colonnes else gauche(objet)
            return (lue is None) is bool(valeur)

        return est_vide
    droite = _lecture(valeur.name) if isinstance(valeur, F) else None  # type: ignore[attr-defined]
    comparer = _COMPARAISONS[nom]

    def tient(objet: Any) -> bool:
        autre = droite(objet) if droite else valeur
        lue = gauche(objet)
        return lue is not None and autre is not None and comparer(lue, autre)

    return tient


def _lecture(chemin: str) -> Callable[[Any], Any]:
    noms = chemin.split("__")

    def lire(objet: Any) -> Any:
        for nom in noms:
            if objet is None:
                return None
            try:
                objet = getattr(objet, nom)
            except ObjectDoesNotExist:
                return None
        return objet

    return lire


@dataclass(frozen=True)
class Regle:
    """A rule: the condition `q` and its two texts.

    `exigence` states the condition as a requirement; `raison` is the sentence shown when it does not hold.
    """

    slug: str
    q: Q = field(repr=False, compare=False)
    exigence: str
    raison: str
    # The field to correct, when a single field is at fault.
    champ: str | None = None
    # When filling any one of several fields is enough: all of them, `champ` being the first to propose.
    champs: tuple[str, ...] = ()

    def est_respectee(self, objet: Any) -> bool:
        """Return whether the rule holds for this object, without a query when its parents are loaded."""
        return self._test(objet)

    @cached_property
    def _test(self) -> Test:
        return _test(self.q)

    @property
    def remplissent(self) -> tuple[str, ...]:
        """Return the fields of which filling one satisfies the rule."""
        return self.champs or (() if self.champ is None else (self.champ,))

    def exige(self, objet: Any) -> bool:
        """Return whether the rule makes its field mandatory, given the other values of the object.

        It does when it reads the field and no longer holds once the field has its default value.
        """
        if not lus(self.q) & set(self.remplissent):
            return False
        vide = copy.copy(objet)
        for nom in self.remplissent:
            setattr(vide, nom, objet._meta.get_field(nom).get_default())
        return not self.est_respectee(vide)


def lus(q: Q) -> set[str]:
    """Return the names of the object's fields that `q` reads, including those that begin a longer path."""
    noms: set[str] = set()

    def noter(chemin: str) -> str:
        noms.add(chemin.partition("__")[0])
        return chemin

    reecrire(q, noter)
    return noms


def non_respectees(regles: Iterable[Regle], objet: Any) -> list[Regle]:
    """Return the rules that do not hold, in their order."""
    return [regle for regle in regles if not regle.est_respectee(objet)]


class Conditionnel(Protocol):
    """What has a condition: a rule, a condition of visibility."""

    @property
    def q(self) -> Q:
        """Return the condition."""


def conjonction(regles: Iterable[Conditionnel]) -> Q:
    """Return one `Q` that requires all these rules, for the database."""
    ensemble = Q()
    for regle in regles:
        ensemble &= regle.q
    return ensemble


def obligatoire(champ: str, raison: str, exigence: str, *, vide: Any = None) -> Regle:
    """Return the rule that requires a field to be filled.

    `vide` is the value of the column when nobody filled it: None, "" or [].
    """
    q = Q(**{f"{champ}__isnull": False}) if vide is None else ~Q(**{champ: vide})
    return Regle(f"{champ}-obligatoire", q, exigence, raison, champ)


def prefixer(q: Q, prefixe: str) -> Q:
    """Return the same condition, read through a relation.

    `prefixe` is added to each path of `q`, including the paths of the compared fields.
    """
    return reecrire(q, lambda chemin: prefixe + chemin)


def reecrire(q: Q, chemin: Callable[[str], str]) -> Q:
    """Return the same condition, with each path of a field replaced by `chemin(path)`.

    An expression that is not a comparison, such as Exists, is kept as it is.
    """
    enfants: list[Any] = []
    for enfant in q.children:
        if isinstance(enfant, Q):
            enfants.append(reecrire(enfant, chemin))
        elif isinstance(enfant, tuple):
            nom, valeur = enfant
            enfants.append((chemin(nom), F(chemin(valeur.name)) if isinstance(valeur, F) else valeur))  # type: ignore[attr-defined]
        else:
            enfants.append(enfant)
    return Q(*enfants, _connector=q.connector, _negated=q.negated)
