"""The order in which elements are done: that of the call, by sets.

Two elements are done together when they ask for the same thing at the same level. One may be done sooner
than others that come before it, as long as none of them is about the same record, what contains it or what
it contains: nothing is then different from doing them one by one.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from api.lots.elements import ECRITURES, OPERATIONS, Chemin, Element
from organismes.droits import Operation
from organismes.validateurs import normaliser_identifiant

ECRIRE = "ecrire"


@dataclass
class Groupe:
    """Elements that are done together."""

    faire: str
    niveau: str
    # What an operation takes beside the record, the same for all; writes have each their own.
    valeurs: dict[str, Any]
    elements: list[Element] = field(default_factory=list)
    # The records that they are about, and what contains these.
    touchees: set[Chemin] = field(default_factory=set)
    au_dessus: set[Chemin] = field(default_factory=set)

    @property
    def operation(self) -> Operation:
        """Return the operation of the life cycle, when it is one."""
        return OPERATIONS[self.faire]

    def gene(self, chemin: Chemin) -> bool:
        """Return whether an element about this record must come after those of the group."""
        dessus = (chemin[:rang] for rang in range(1, len(chemin)))
        return chemin in self.touchees or chemin in self.au_dessus or any(d in self.touchees for d in dessus)

    def prendre(self, element: Element, chemins: list[Chemin]) -> None:
        """Add an element, which is about these records."""
        self.elements.append(element)
        for chemin in chemins:
            self.touchees.add(chemin)
            self.au_dessus |= {chemin[:rang] for rang in range(1, len(chemin))}


def ranger(elements: Iterable[Element]) -> list[Groupe]:
    """Return the groups of these elements, in the order in which they are done."""
    groupes: list[Groupe] = []
    for element in elements:
        chemins = chemins_de(element)
        faire, valeurs = (ECRIRE, {}) if element.faire in ECRITURES else (element.faire, element.valeurs)
        apres = next(
            (
                rang + 1
                for rang in range(len(groupes) - 1, -1, -1)
                if any(groupes[rang].gene(chemin) for chemin in chemins)
            ),
            0,
        )
        pareil = next(
            (
                groupe
                for groupe in groupes[apres:]
                if (groupe.faire, groupe.niveau, groupe.valeurs) == (faire, element.niveau, valeurs)
            ),
            None,
        )
        if pareil is None:
            pareil = Groupe(faire, element.niveau, valeurs)
            groupes.append(pareil)
        pareil.prendre(element, chemins)
    return groupes


def chemins_de(element: Element) -> list[Chemin]:
    """Return the records that an element is about: also the name that it gives, when it changes it."""
    chemins = [element.chemin]
    nouveau = element.valeurs.get("identifiant")
    if element.faire in ECRITURES and isinstance(nouveau, str):
        chemins.append((*element.chemin[:-1], normaliser_identifiant(nouveau)))
    return chemins
