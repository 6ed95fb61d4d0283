"""Why an element is not done: the problems of the requests about one record."""

from collections.abc import Mapping

from api.liens import absente_du_catalogue
from api.lots.elements import NIVEAUX, Chemin, Element
from api.problemes import en_probleme
from catalogue.models.fiche import niveaux
from edof.problemes import Probleme


def probleme_de(erreur: Exception) -> Probleme:
    """Return the problem of a refusal; raise the error again when it is one of the program."""
    if (probleme := en_probleme(erreur)) is None:
        raise erreur
    return probleme


def absente(element: Element, chemin: Chemin, refusees: Mapping[Chemin, Element]) -> Probleme:
    """Return the problem of a record that is not there: never was, or was refused in the same call."""
    ecrit = element.ecrit[len(chemin) - 1]
    modele = niveaux()[NIVEAUX[len(chemin) - 1]]
    phrase = absente_du_catalogue(modele, ecrit)
    if (creation := refusees.get(chemin)) is not None:
        phrase = f"{modele.GENRE} « {ecrit[:60]} » n'existe pas : l'élément {creation.rang} est refusé."
    return Probleme("introuvable", phrase)
