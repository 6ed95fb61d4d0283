"""The calls of the webhooks, as OpenAPI 3.1 describes them (`webhooks`): one for each type of event."""

from typing import Any

from crochets.evenements import NUIT, PARUTIONS, SESSIONS, TYPES

Noeud = dict[str, Any]

_HOTE = "https://catalogue.example.fr"
_SESSION = f"{_HOTE}/api/v1/sessions/12/"
_INSTANT = "2027-04-06T08:42:00Z"
# Each field of `data`: its schema, and an example.
_CLE = {"type": "integer"}
_NOMBRE = {"type": "integer", "minimum": 0}
_TEXTE = {"type": "string"}
_JOUR = {"type": "string", "format": "date"}
_JOUR_OU_RIEN = {"type": ["string", "null"], "format": "date"}
_ADRESSE = {"type": "string", "format": "uri"}


def _url(aide: str = "Où l'API montre la fiche.") -> Noeud:
    return {**_ADRESSE, "description": aide}


_PAGE = {**_ADRESSE, "description": "Où une personne la lit."}
_FICHE: dict[str, tuple[Noeud, Any]] = {
    "session": ({**_CLE, "description": "La clé de la session."}, 12),
    "identifiant": ({**_TEXTE, "description": "L'identifiant de la session."}, "sessionduree"),
}
_PARENTS: dict[str, tuple[Noeud, Any]] = {
    "action": ({**_CLE, "description": "La clé de son action."}, 7),
    "offre": ({**_CLE, "description": "La clé de son offre."}, 1),
}
_D_UNE_SESSION: dict[str, tuple[Noeud, Any]] = {
    **_FICHE,
    **_PARENTS,
    "statut": ({**_TEXTE, "enum": ["brouillon", "validee", "active", "archivee"]}, "active"),
    "ouverte": ({"type": "boolean"}, True),
    "version": ({**_CLE, "description": "Elle grandit : la plus grande est la dernière."}, 4),
    "date_debut": (_JOUR_OU_RIEN, "2027-09-14"),
    "date_fin": (_JOUR_OU_RIEN, "2028-09-15"),
    "url": (_url(), _SESSION),
    "page": (_PAGE, f"{_HOTE}/catalogue/sessions/12/"),
}
_DE_LA_NUIT: dict[str, tuple[Noeud, Any]] = {
    "jour": (_JOUR, "2027-04-07"),
    **{
        nom: ({**_NOMBRE, "description": aide}, nombre)
        for nom, aide, nombre in (
            ("parues", "Les sessions qui paraissent.", 3),
            ("modifiees", "Celles dont le public lit autre chose.", 1),
            ("retirees", "Celles que le public ne voit plus.", 0),
            ("retenues", "Celles qui sont ouvertes et retenues, en tout.", 2),
        )
    },
    "changements": (
        _url("Le fil des changements, depuis juste avant cette nuit."),
        f"{_HOTE}/api/v1/changements/?depuis=MS40MDEyLjMuMTgwNzAwNDEyMDAwMDAwMA",
    ),
    "page": (_PAGE, f"{_HOTE}/publications/2027-04-07/"),
}
_D_UNE_PARUTION: dict[str, tuple[Noeud, Any]] = {
    "jour": (_JOUR, "2027-04-07"),
    **_FICHE,
    **_PARENTS,
    "url": (_url(), f"{_SESSION}visibilite/"),
    "page": (_PAGE, f"{_HOTE}/formations/7/"),
}
_D_UNE_RETENUE: dict[str, tuple[Noeud, Any]] = {
    "jour": (_JOUR, "2027-04-07"),
    **_FICHE,
    "raison": ({**_TEXTE, "description": "Le code de la condition qui manque."}, "organisme-qualiopi"),
    "url": (_url(), f"{_SESSION}visibilite/"),
    "page": (_PAGE, f"{_HOTE}/catalogue/sessions/12/visibilite/"),
}
_D_UN_IMPORT: dict[str, tuple[Noeud, Any]] = {
    "import": ({**_CLE, "description": "La clé de l'import."}, 4),
    "nom": ({**_TEXTE, "description": "Le nom du fichier."}, "planning-2027.csv"),
    "etat": ({**_TEXTE, "enum": ["applique", "annule", "refuse"]}, "applique"),
    "bilan": ({"type": "object", "description": "Les nombres de l'import."}, {"creees": 40}),
    "url": (_url("Où l'API montre l'import."), f"{_HOTE}/api/v1/imports/4/"),
    "page": (_PAGE, f"{_HOTE}/catalogue/importer/4/"),
}
_D_UN_LOT: dict[str, tuple[Noeud, Any]] = {
    "lot": ({**_CLE, "description": "La clé du lot."}, 9),
    "operation": ({**_TEXTE, "description": "Ce qui a été fait à toutes les fiches."}, "ouvrir"),
    "niveau": ({**_TEXTE, "description": "Le niveau des fiches, vide s'il y en a plusieurs."}, "session"),
    "annule": ({"type": ["integer", "null"], "description": "Le lot que celui-ci annule."}, None),
    "faites": (_NOMBRE, 38),
    "inchangees": (_NOMBRE, 1),
    "refusees": (_NOMBRE, 1),
    "page": (_PAGE, f"{_HOTE}/catalogue/lots/9/"),
}
_PARTICULIERS = {
    NUIT: _DE_LA_NUIT,
    "parution.retenue": _D_UNE_RETENUE,
    "import.termine": _D_UN_IMPORT,
    "lot.termine": _D_UN_LOT,
}
# What the session has become, by type: its statut, whether it is open.
_APRES: dict[str, dict[str, Any]] = {
    "session.validee": {"statut": "validee", "ouverte": False},
    "session.fermee": {"statut": "active", "ouverte": False},
    "session.archivee": {"statut": "archivee", "ouverte": False},
    "session.desarchivee": {"statut": "brouillon", "ouverte": False},
}
_PAR_GROUPE = {SESSIONS: _D_UNE_SESSION, PARUTIONS: _D_UNE_PARUTION}
_ENTETES = {
    "webhook-id": "Le même à chaque essai et à chaque renvoi : ce qui est déjà fait n'est pas à refaire.",
    "webhook-timestamp": "Quand l'appel part, en secondes : refusez-le s'il a plus de cinq minutes.",
    "webhook-signature": "`v1,` et la signature HMAC-SHA256 ; deux signatures quand il y a deux secrets.",
}


def webhooks() -> dict[str, Noeud]:
    """Return the calls, by type of event."""
    return {type_: {"post": _appel(type_)} for type_ in TYPES}


def contenu_de(type_: str) -> Noeud:
    """Return the schema of the body of an event of this type."""
    champs = _champs(type_)
    return {
        "type": "object",
        "required": ["type", "timestamp", "data"],
        "properties": {
            "type": {"type": "string", "const": type_},
            "timestamp": {"type": "string", "format": "date-time"},
            "data": {
                "type": "object",
                "required": list(champs),
                "properties": {nom: schema for nom, (schema, _) in champs.items()},
            },
        },
    }


def _champs(type_: str) -> dict[str, tuple[Noeud, Any]]:
    return _PARTICULIERS.get(type_) or _PAR_GROUPE[TYPES[type_].groupe]


def _appel(type_: str) -> Noeud:
    exemple = {
        "type": type_,
        "timestamp": _INSTANT,
        "data": {nom: valeur for nom, (_, valeur) in _champs(type_).items()} | _APRES.get(type_, {}),
    }
    return {
        "operationId": f"recevoir_{type_.replace('.', '_')}",
        "summary": TYPES[type_].quand,
        "description": (
            "Répondez 2xx avant 15 secondes, puis faites le travail. Sinon l'appel est renvoyé pendant"
            " 75 heures."
        ),
        "tags": ["Événements"],
        "parameters": [
            {"name": nom, "in": "header", "required": True, "description": aide, "schema": {"type": "string"}}
            for nom, aide in _ENTETES.items()
        ],
        "requestBody": {"content": {"application/json": {"schema": contenu_de(type_), "example": exemple}}},
        "responses": {
            "204": {"description": "Reçu. Tout autre 2xx convient."},
            "410": {"description": "N'appelez plus : le webhook est désactivé."},
        },
        "security": [],
    }
