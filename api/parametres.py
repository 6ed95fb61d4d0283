"""Query parameters and headers of the API: strict reading, and description for the schema."""

import re
from dataclasses import dataclass
from typing import Any

from rest_framework.request import Request

from edof.lecture import CLE_AU_PLUS, sans_invisibles
from edof.problemes import Probleme, Raison

TAILLE, TAILLE_AU_PLUS = 50, 200
# For each type or format: the pattern of a value, and its description in French.
ECRITURES = {
    "boolean": ("true|false", "vaut true ou false"),
    "integer": ("[0-9]{1,19}", "est un nombre entier"),
    "date": ("[0-9]{4}-[0-9]{2}-[0-9]{2}", "s'écrit AAAA-MM-JJ"),
    "date-time": (
        r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})",
        "s'écrit AAAA-MM-JJThh:mm:ss, avec son fuseau : Z, ou +01:00 (dans une adresse, %2B01:00)",
    ),
}


@dataclass(frozen=True)
class Parametre:
    """A parameter of a URL, or a header, as the schema describes it."""

    nom: str
    aide: str
    schema: dict[str, Any]
    requis: bool = False
    lieu: str = "query"
    # Whether it may be given several times, each time with another value.
    plusieurs: bool = False


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
    """Return the problem of a parameter that cannot be read."""
    return Probleme("parametre_invalide", "", [Raison(phrase, nom, "parametre")])


def verifier(request: Request, connus: tuple[Parametre, ...]) -> None:
    """Refuse a parameter that this URL does not have, or that does not follow its schema.

    Raises Probleme, which names the parameter. With a filter that is misspelt, empty or given twice, the
    response would not be what was requested.
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
        if len(textes) > 1 and not admis[nom].plusieurs:
            raise refuser(nom, f"Le paramètre « {nom} » est donné plusieurs fois.")
        if faute := _faute(textes[0], admis[nom].schema):
            raise refuser(nom, f"Le paramètre « {nom} » {faute}.")


def _faute(texte: str, schema: dict[str, Any]) -> str:
    """Return what is wrong with the text of a parameter, in French; an empty text when it is valid."""
    if not sans_invisibles(texte).strip():
        return "est vide"
    if "\N{REPLACEMENT CHARACTER}" in texte:
        # Django writes this character in place of what it could not decode.
        return "n'est pas écrit en UTF-8"
    forme, attendu = ECRITURES.get(schema.get("format", schema["type"]), ("", ""))
    if forme and not re.fullmatch(forme, texte):
        return attendu
    au_plus = schema.get("maxLength", len(texte))
    return f"a {au_plus} caractères au plus" if len(texte) > au_plus else ""


def entier(request: Request, parametre: Parametre, defaut: int | None = None) -> int | None:
    """Return the value of a whole number parameter, or `defaut` when the URL does not have it.

    `verifier` has already checked that it is a whole number. Raises Probleme when it is outside the bounds of
    its schema.
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


def parmi(request: Request, parametre: Parametre, defaut: str = "") -> str:
    """Return the value of a parameter that has a list of values, `defaut` without it.

    Raises Probleme for another value, and for nothing when it is required.
    """
    texte = str(request.query_params.get(parametre.nom, defaut))
    if (parametre.requis or texte != defaut) and texte not in parametre.schema["enum"]:
        admis = ", ".join(parametre.schema["enum"])
        raise refuser(parametre.nom, f"Le paramètre « {parametre.nom} » vaut : {admis}.")
    return texte


def vrai(request: Request, parametre: Parametre) -> bool:
    """Return whether the parameter is true.

    `verifier` has already checked that it is written true or false.
    """
    return request.query_params.get(parametre.nom) == "true"
