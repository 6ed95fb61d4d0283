"""Conversion of the OpenAPI description for the documentation page."""

import json
import re
from typing import Any

from django.urls import reverse
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from api.codes import codes
from catalogue.recherche_de_certification import mots, sans_accents
from edof.problemes import CODES
from edof.templatetags.affichage import insecables

Noeud = dict[str, Any]
# The order in which a catalogue is filled.
ORDRE = (
    "Organismes",
    "Contacts",
    "Adresses",
    "Certifications",
    "Offres",
    "Actions",
    "Sessions",
    "Lots",
    "Imports",
    "Exports",
    "Changements",
    "Publications",
    "Formations",
    "Webhooks",
    "Événements",
    "Bac à sable",
)
# Above this number of operations found, they are shown closed.
OUVERTES_AU_PLUS = 3


def operations(schema: Noeud) -> list[Noeud]:
    """Return the operations, then the calls of the webhooks, in the order of the chapters."""
    lues = [
        _operation(schema, adresse, methode, operation)
        for adresse, methodes in schema["paths"].items()
        for methode, operation in methodes.items()
    ]
    lues += [_evenement(schema, nom, appel["post"]) for nom, appel in schema["webhooks"].items()]
    return sorted(lues, key=lambda operation: ORDRE.index(operation["chapitre"]))


def chercher(operations: list[Noeud], q: str) -> list[Noeud]:
    """Return the operations or errors whose words contain those of `q`, as static/js/reference.js does."""
    cherches = mots(q)
    return [operation for operation in operations if all(mot in operation["mots"] for mot in cherches)]


def chapitres(operations: list[Noeud], *, ouvertes: bool) -> list[Noeud]:
    """Return the operations grouped by resource; `ouvertes`: a few that were found are shown open."""
    par_titre: dict[str, list[Noeud]] = {}
    ouvertes = ouvertes and len(operations) <= OUVERTES_AU_PLUS
    for operation in operations:
        par_titre.setdefault(operation["chapitre"], []).append({**operation, "ouverte": ouvertes})
    for groupe in par_titre.values():
        for de_meme in _de_meme(groupe):
            _montrer_une_fois(de_meme)
    return [
        {"titre": titre, "ancre": sans_accents(titre).replace(" ", "-"), "operations": groupe}
        for titre, groupe in par_titre.items()
    ]


def _de_meme(operations: list[Noeud]) -> list[list[Noeud]]:
    """Return the operations that speak of one resource, together; events do with the same fields."""
    groupes: dict[tuple[str, ...], list[Noeud]] = {}
    for operation in operations:
        noms = tuple(champ["nom"] for champ in operation["champs"]) if operation.get("evenement") else ()
        groupes.setdefault(noms, []).append(operation)
    return list(groupes.values())


def _montrer_une_fois(operations: list[Noeud]) -> None:
    """Keep the fields of a resource only in the first operation that sends them.

    The operations that follow link to it (`renvoi`) and keep only the fields that they add.
    """
    dits: dict[str, Noeud] = {}
    for operation in operations:
        connus = [dits[champ["nom"]] for champ in operation["champs"] if champ["nom"] in dits]
        operation["renvoi"] = connus[0] if connus else None
        operation["champs"] = [champ for champ in operation["champs"] if champ["nom"] not in dits]
        dits |= {champ["nom"]: operation for champ in operation["champs"]}


def _operation(schema: Noeud, adresse: str, methode: str, operation: Noeud) -> Noeud:
    corps = operation.get("requestBody", {}).get("content", {}).get("application/json")
    reponses = operation["responses"]
    succes = next(statut for statut in reponses if statut.startswith("2"))
    contenu = reponses[succes].get("content", {}).get("application/json", {})
    parametres = [_parametre(parametre) for parametre in operation.get("parameters", [])]
    champs = _champs(schema, corps["schema"]) if corps else []
    dits = [methode, adresse, operation["summary"], operation["tags"][0], operation["operationId"]]
    dits += [f"{element['nom']} {element.get('libelle', '')}" for element in (*parametres, *champs)]
    return {
        "chapitre": operation["tags"][0],
        "mots": sans_accents(" ".join(dits)),
        "codes": codes(methode, adresse, operation),
        "depreciee": operation.get("deprecated", False),
        "ancre": operation["operationId"],
        "methode": methode.upper(),
        "adresse": adresse,
        "resume": operation["summary"],
        "texte": texte(operation.get("description", "")),
        "sans_jeton": {} in operation.get("security", [{}]),
        "parametres": parametres,
        "champs": champs,
        "corps": _json(corps.get("example")) if corps else "",
        "reponse": _json(contenu.get("example")),
        "succes": succes,
        "refus": [
            {"statut": statut, "texte": _vers_les_erreurs(texte(reponse["description"]))}
            for statut, reponse in sorted(reponses.items())
            if statut >= "4"
        ],
        "inchangee": "304" in reponses,
    }


def _evenement(schema: Noeud, nom: str, appel: Noeud) -> Noeud:
    """Return a call of the webhooks, which shows the fields of `data`; nobody writes code to send it."""
    contenu = appel["requestBody"]["content"]["application/json"]["schema"]["properties"]
    operation = _operation(schema, nom, "post", appel)
    return operation | {"champs": _champs(schema, contenu["data"]), "codes": [], "evenement": True}


def _parametre(parametre: Noeud) -> Noeud:
    lieux = {"query": "adresse", "path": "chemin", "header": "en-tête"}
    return {
        "nom": parametre["name"],
        "lieu": lieux[parametre["in"]],
        "requis": parametre.get("required", False),
        "type": _type({}, parametre["schema"]) + _par_defaut(parametre["schema"]),
        "texte": texte(parametre.get("description", "")),
    }


def _champs(schema: Noeud, noeud: Noeud) -> list[Noeud]:
    noeud = _resoudre(schema, noeud)
    requis = noeud.get("required", [])
    return [
        {
            "nom": nom,
            "libelle": _phrase(champ.get("title", ""), champ.get("description", "")),
            "requis": nom in requis,
            "type": _type(schema, champ),
            "texte": texte(champ.get("description", "")),
        }
        for nom, champ in noeud.get("properties", {}).items()
    ]


def _phrase(libelle: str, suite: str) -> str:
    """Return the label, with a point when a sentence follows it."""
    return f"{libelle}." if libelle and suite and not libelle.endswith("?") else libelle


def _par_defaut(schema: Noeud) -> str:
    """Return what a parameter is without being given, when its schema says so."""
    return f" ; {json.dumps(schema['default'])} par défaut" if "default" in schema else ""


def _resoudre(schema: Noeud, noeud: Noeud) -> Noeud:
    while "$ref" in noeud:
        noeud = schema["components"]["schemas"][noeud["$ref"].rpartition("/")[2]]
    return noeud


def _type(schema: Noeud, noeud: Noeud) -> str:
    """Return the type in French: « texte, 255 caractères au plus », « true ou false », « un de : fr… »."""
    noeud = _resoudre(schema, noeud)
    for plusieurs in ("anyOf", "oneOf", "allOf"):
        if plusieurs in noeud:
            return " ou ".join(_type(schema, choix) for choix in noeud[plusieurs])
    types = noeud.get("type", [])
    types = [types] if isinstance(types, str) else types
    noms = {
        "string": "texte",
        "integer": "nombre entier",
        "number": "nombre",
        "boolean": "true ou false",
        "null": "null",
        "object": "objet",
    }
    if "array" in types:
        return f"liste de : {_type(schema, noeud['items'])}"
    if noeud.get("enum") == [""]:
        return '""'
    if "enum" in noeud:
        return "un de : " + ", ".join(json.dumps(choix, ensure_ascii=False) for choix in noeud["enum"])
    noms["string"] = {"date": "date AAAA-MM-JJ", "date-time": "instant ISO 8601"}.get(
        noeud.get("format", ""), "texte"
    )
    dits = [noms[t] for t in types]
    if "pattern" in noeud:
        dits = ["texte « 1250.50 »"]
    longueur = f", {noeud['maxLength']} caractères au plus" if "maxLength" in noeud else ""
    bornes = (
        f", de {noeud['minimum']} à {noeud['maximum']}"
        if "minimum" in noeud and noeud.get("maximum", 10**9) < 10**9
        else ""
    )
    return " ou ".join(dits) + longueur + bornes


def texte(markdown: str) -> SafeString:
    """Return a description as HTML: the text between backquotes is code."""
    morceaux = escape(insecables(markdown)).split("`")
    return mark_safe("".join(f"<code>{m}</code>" if rang % 2 else m for rang, m in enumerate(morceaux)))


def _vers_les_erreurs(dit: SafeString) -> SafeString:
    """Return the text, in which the code of each error leads to its page."""

    def lien(code: re.Match[str]) -> str:
        return (
            f'<a href="{reverse("api_erreur", args=[code[1]])}">{code[0]}</a>'
            if code[1] in CODES
            else code[0]
        )

    return mark_safe(re.sub(r"<code>(\w+)</code>", lien, dit))


def _json(exemple: Any) -> str:
    return "" if exemple is None else json.dumps(exemple, ensure_ascii=False, indent=2)
