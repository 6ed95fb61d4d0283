"""Models of the catalogue: Certification, Offre, Action, and Fiche, the abstract base shared with Session."""

from catalogue.models.action import Action
from catalogue.models.certification import Certification
from catalogue.models.corbeille import Suppression
from catalogue.models.fiche import Fiche, FicheQuerySet
from catalogue.models.offre import Offre
from catalogue.models.presence import Presence
from catalogue.models.releve import Releve
from catalogue.models.type_d_offre import TypeFerme

__all__ = [
    "Action",
    "Certification",
    "Fiche",
    "FicheQuerySet",
    "Offre",
    "Presence",
    "Releve",
    "Suppression",
    "TypeFerme",
]
