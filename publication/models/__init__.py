"""Models of the publication."""

from publication.models.fiches import FichePublique, MotsPublics
from publication.models.parutions import (
    CHERCHE,
    Contenu,
    Decompte,
    IntervalleQuerySet,
    Marque,
    Parution,
    Passage,
    PassageQuerySet,
    Retenue,
)

__all__ = [
    "CHERCHE",
    "Contenu",
    "Decompte",
    "FichePublique",
    "IntervalleQuerySet",
    "Marque",
    "MotsPublics",
    "Parution",
    "Passage",
    "PassageQuerySet",
    "Retenue",
]
