"""What an address may carry after its « ? », and the headers that matter: read strictly, and described to the
schema.
"""

import re
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from edof.problemes import Probleme, Raison

TAILLE, TAILLE_AU_PLUS = 50, 200
CLE_AU_PLUS = 2**63 - 1
# How a value of this type or format is written, and how that is said.
ECRITURES = {
    "boolean": ("true|false", "vaut true ou false"),
    "integer": ("[0-9]{1,19}", "est un nombre entier"),
    "date": ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "s'écrit AAAA-MM-JJ"),
    "date-time": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
        "s'écrit AAAA-MM-JJThh:mm:ss, avec son fuseau (Z ou +01:00)",
    ),
}


@dataclass(frozen=True)
class Parametre:
    """A parameter of an address, or a header, as the schema describes it."""

    nom: str
    aide: str
    schema: dict[str, Any]
    requis: bool = False
    lieu: str = "query"


ENTIER = {"type": "integer", "minimum": 1, "maximum": CLE_AU_PLUS}
IDENTIFIANT = {"type": "string", "minLength": 1, "maxLength": 30}
CLE = Parametre("id", "La clé de la fiche.", ENTIER, requis=True, lieu="path")
SIMULATION = Parametre(
    "dry_run",
    "true : tout est vérifié, la réponse est celle qui viendrait, et rien n'est gardé.",
    {"type": "boolean", "default": False},
)
SI_MATCH = Parametre(
    "If-Match",
    "L'`ETag` que vous avez lu : l'écriture n'a lieu que si la fiche n'a pas changé.",
    {"type": "string"},
    lieu="header",
)
SI_CHANGE = Parametre(
    "If-None-Match",
    "L'`ETag` que vous avez déjà : la réponse est 304 si rien n'a changé.",
    {"type": "string"},
    lieu="header",
)
SI_ABSENTE = Parametre(
    "If-None-Match",
    "`*` : l'écriture n'a lieu que si la fiche n'existe pas encore.",
    {"type": "string"},
    lieu="header",
)
CURSEUR = Parametre("curseur", "Donné par `suivante` : la page qui suit cette clé.", {**ENTIER, "minimum": 0})
TAILLE_DE_PAGE = Parametre(
    "taille",
    "Combien par page.",
    {"type": "integer", "minimum": 1, "maximum": TAILLE_AU_PLUS, "default": TAILLE},
)
PAGE = (CURSEUR, TAILLE_DE_PAGE)


def refuser(nom: str, phrase: str) -> Probleme:
    """The parameter that cannot be read."""
    return Probleme("parametre_invalide", "", [Raison(phrase, nom, "parametre")])


def verifier(request: Request, connus: tuple[Parametre, ...]) -> None:
    """Refuse by its name a parameter that this address does not have, or that is not written as its schema
    says.

    A filter misspelt, empty or given twice would answer something else than what was asked.
    """
    admis = {parametre.nom: parametre for parametre in connus if parametre.lieu == "query"}
    for nom, textes in request.query_params.lists():
        if nom not in admis:
            lesquels = (
                f"Cette adresse admet : {', '.join(sorted(admis))}."
                if admis
                else "Cette adresse n'en admet aucun."
            )
            raise refuser(nom[:60], f"Le paramètre « {nom[:60]} » n'existe pas. {lesquels}")
        if len(textes) > 1:
            raise refuser(nom, f"Le paramètre « {nom} » est donné plusieurs fois.")
        if faute := _faute(textes[0], admis[nom].schema):
            raise refuser(nom, f"Le paramètre « {nom} » {faute}.")


def _faute(texte: str, schema: dict[str, Any]) -> str:
    """What the schema finds wrong in the text of a parameter, in words."""
    if not texte:
        return "est vide"
    if "\N{REPLACEMENT CHARACTER}" in texte:
        # What Django puts where it could not read.
        return "n'est pas écrit en UTF-8"
    forme, attendu = ECRITURES.get(schema.get("format", schema["type"]), ("", ""))
    if forme and not re.fullmatch(forme, texte):
        return attendu
    au_plus = schema.get("maxLength", len(texte))
    return f"a {au_plus} caractères au plus" if len(texte) > au_plus else ""


def entier(request: Request, parametre: Parametre, defaut: int | None = None) -> int | None:
    """A whole number, as `verifier` saw, between the bounds of its schema; `defaut` when the address does not
    have it.
    """
    texte = request.query_params.get(parametre.nom)
    if texte is None:
        return defaut
    mini, maxi = parametre.schema["minimum"], parametre.schema["maximum"]
    if not mini <= int(texte) <= maxi:
        raise refuser(
            parametre.nom, f"Le paramètre « {parametre.nom} » est un nombre entier, de {mini} à {maxi}."
        )
    return int(texte)


def vrai(request: Request, parametre: Parametre) -> bool:
    """Whether it is true; `verifier` saw that it is written so, or false."""
    return request.query_params.get(parametre.nom) == "true"
