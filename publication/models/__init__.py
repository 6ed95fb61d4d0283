"""Models of the publication."""

from publication.frequentation import Frequentation
from publication.models.fiches import FichePublique, MotsPublics
from publication.models.parutions import (
    CHERCHE,
    Contenu,
    Decompte,
    IntervalleQuerySet,
    Marque,
    Parution,
    Retenue,
)
from publication.models.passages import Passage, PassageDeBac, PassageQuerySet, registre
from publication.models.traces import Trace
from publication.mouvements import Mouvement
from publication.partages import Partage

__all__ = [
    "CHERCHE",
    "Contenu",
    "Decompte",
    "FichePublique",
    "Frequentation",
    "IntervalleQuerySet",
    "Marque",
    "MotsPublics",
    "Mouvement",
    "Partage",
    "Parution",
    "Passage",
    "PassageDeBac",
    "PassageQuerySet",
    "Retenue",
    "Trace",
    "registre",
]
