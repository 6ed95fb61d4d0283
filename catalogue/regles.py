"""Rules written once as a `Q`, used by PostgreSQL as a filter and by Python on one object.

A rule is a mandatory field, a coherence of dates or a condition of visibility. The nightly run and the lists
pass its `Q` to the database; the form, the buttons and the diagnosis call `est_respectee(objet)`.
"""

import copy
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
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


def valeur_de(objet: Any, chemin: str) -> Any:
    """Return the value at the end of a path such as `action__offre__statut`, None when a link is missing."""
    for nom in chemin.split("__"):
        if objet is None:
            return None
        try:
            objet = getattr(objet, nom)
        except ObjectDoesNotExist:
            return None
    return objet


def verifie(q: Q, objet: Any) -> bool:
    """Return whether `q` holds for one object, as a `WHERE` clause would.

    A comparison with an absent value does not hold. Only the lookups used by the rules are supported (exact,
    isnull, gt, gte, lt, lte, in): the name of any other is read as one more attribute of the path.
    """
    resultats = (
        verifie(enfant, objet) if isinstance(enfant, Q) else _compare(enfant, objet) for enfant in q.children
    )
    resultat = any(resultats) if q.connector == Q.OR and q.children else all(resultats)
    return not resultat if q.negated else resultat


def _compare(enfant: Any, objet: Any) -> bool:
    chemin, _, nom = enfant[0].rpartition("__")
    if nom not in _COMPARAISONS and nom != "isnull":
        chemin, nom = enfant[0], "exact"
    if nom == "isnull" and f"{chemin}_id" in vars(objet):
        # The column of a link is enough to know whether it is filled: do not fetch the linked object.
        chemin = f"{chemin}_id"
    gauche = valeur_de(objet, chemin)
    droite = valeur_de(objet, enfant[1].name) if isinstance(enfant[1], F) else enfant[1]  # type: ignore[attr-defined]
    if nom == "isnull":
        return (gauche is None) == droite
    return gauche is not None and droite is not None and _COMPARAISONS[nom](gauche, droite)


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
        return verifie(self.q, objet)

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
