"""One rule, two readings: a `Q` that PostgreSQL filters with, and that Python reads on one object.

A rule (mandatory field, coherence of dates, condition of visibility) is written once as a `Q`. The nightly
run and the lists hand it to the database; the form, the buttons and the diagnosis ask `est_respectee(objet)`.
"""

import copy
import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

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
    """What `chemin` (« action__offre__statut ») leads to from `objet`; None as soon as a link is missing."""
    for nom in chemin.split("__"):
        if objet is None:
            return None
        try:
            objet = getattr(objet, nom)
        except ObjectDoesNotExist:
            return None
    return objet


def verifie(q: Q, objet: Any) -> bool:
    """Read `q` on one object, as SQL's `WHERE` would: a comparison with an absent value does not hold.

    Only the lookups of the rules are known (exact, isnull, gt, gte, lt, lte, in); another one raises
    KeyError.
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
        # Whether a link is filled is in its column: what it leads to need not be read.
        chemin = f"{chemin}_id"
    gauche = valeur_de(objet, chemin)
    droite = valeur_de(objet, enfant[1].name) if isinstance(enfant[1], F) else enfant[1]  # type: ignore[attr-defined]
    if nom == "isnull":
        return (gauche is None) == droite
    return gauche is not None and droite is not None and _COMPARAISONS[nom](gauche, droite)


@dataclass(frozen=True)
class Regle:
    """What must hold (`q`), said as a requirement (`exigence`) and as the reason when it does not
    (`raison`).
    """

    slug: str
    q: Q = field(repr=False, compare=False)
    exigence: str
    raison: str
    # The field to correct, when one field is to blame.
    champ: str | None = None
    # All the fields any of which is enough, when `champ` is only the first to propose.
    champs: tuple[str, ...] = ()

    def est_respectee(self, objet: Any) -> bool:
        """Whether the rule holds for this object, without a query when its parents are loaded."""
        return verifie(self.q, objet)

    @property
    def remplissent(self) -> tuple[str, ...]:
        """The fields that satisfy the rule when one of them is filled."""
        return self.champs or (() if self.champ is None else (self.champ,))

    def exige(self, objet: Any) -> bool:
        """Whether, given the rest, its field must be filled: the rule does not hold once it is empty."""
        if not lus(self.q) & set(self.remplissent):
            return False
        vide = copy.copy(objet)
        for nom in self.remplissent:
            setattr(vide, nom, objet._meta.get_field(nom).get_default())
        return not self.est_respectee(vide)


def lus(q: Q) -> set[str]:
    """The fields of the object that `q` reads, those that a link to another object begins with included."""
    noms: set[str] = set()
    for enfant in q.children:
        chemin = None if isinstance(enfant, Q) else str(enfant[0])  # type: ignore[index]
        noms |= lus(enfant) if chemin is None else {chemin.partition("__")[0]}  # type: ignore[arg-type]
    return noms


def non_respectees(regles: Iterable[Regle], objet: Any) -> list[Regle]:
    """The rules that do not hold, in their order."""
    return [regle for regle in regles if not regle.est_respectee(objet)]


def conjonction(regles: Iterable[Regle]) -> Q:
    """All these rules at once, for the database."""
    ensemble = Q()
    for regle in regles:
        ensemble &= regle.q
    return ensemble


def obligatoire(champ: str, raison: str, exigence: str, *, vide: Any = None) -> Regle:
    """The rule « this field is filled »; `vide` is what the column holds when nobody filled it (None, "" or
    []).
    """
    q = Q(**{f"{champ}__isnull": False}) if vide is None else ~Q(**{champ: vide})
    return Regle(f"{champ}-obligatoire", q, exigence, raison, champ)


def prefixer(q: Q, prefixe: str) -> Q:
    """The same condition, read through a relation: each path of `q`, compared fields included, begins with
    `prefixe`.
    """
    enfants: list[Any] = []
    for enfant in q.children:
        if isinstance(enfant, Q):
            enfants.append(prefixer(enfant, prefixe))
        else:
            chemin, valeur = enfant  # type: ignore[misc]
            enfants.append((prefixe + chemin, F(prefixe + valeur.name) if isinstance(valeur, F) else valeur))  # type: ignore[attr-defined]
    return Q(*enfants, _connector=q.connector, _negated=q.negated)
