"""API errors in the form of RFC 9457 (application/problem+json).

Each has a stable code, and the French sentence that the screen shows.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from rest_framework import exceptions

TYPE_DE_CONTENU = "application/problem+json"
# code: (HTTP status, title, what it means and what to do), in the order of the documentation.
CODES: dict[str, tuple[int, str, str]] = {
    "requete_illisible": (
        400,
        "Requête illisible",
        "Le corps n'est pas du JSON en UTF-8, ou ce n'est pas un objet.",
    ),
    "parametre_invalide": (
        400,
        "Paramètre invalide",
        "Un paramètre de l'adresse n'existe pas ou n'est pas lisible : `raisons` dit lequel.",
    ),
    "cle_illisible": (
        400,
        "Clé illisible",
        "`Idempotency-Key` a de 1 à 255 caractères ASCII visibles : un UUID convient.",
    ),
    "jeton_absent": (401, "Jeton absent", "Ajoutez l'en-tête `Authorization: Bearer` suivi d'un jeton."),
    "jeton_refuse": (401, "Jeton refusé", "Ce jeton n'existe pas, a expiré ou a été révoqué."),
    "droit_insuffisant": (403, "Droit insuffisant", "Le rôle du jeton ne permet pas cette opération."),
    "introuvable": (404, "Introuvable", "L'adresse n'existe pas, ou la fiche n'est pas de votre organisme."),
    "methode_interdite": (405, "Méthode interdite", "L'en-tête `Allow` dit les méthodes de cette adresse."),
    "operation_refusee": (
        409,
        "Opération refusée",
        "L'état de la fiche ou d'une autre s'y oppose : `raisons` dit pourquoi, et ce qui bloque.",
    ),
    "divergence": (
        409,
        "Modifiée entre-temps",
        (
            "Depuis la `version` que vous donnez, quelqu'un a changé autrement les mêmes champs :"
            " `divergences` montre les trois valeurs."
        ),
    ),
    "sans_suite": (
        409,
        "Sans suite",
        "Un autre élément du lot est refusé, et le lot est « tout ou rien » : celui-ci n'a pas été fait.",
    ),
    "cle_en_cours": (
        409,
        "Demande en cours",
        "La première demande avec cette `Idempotency-Key` n'est pas finie : renvoyez-la dans une seconde.",
    ),
    "curseur_perime": (
        410,
        "Curseur périmé",
        "Ce curseur a plus de 90 jours, ou la base a été restaurée : repartez d'une lecture complète.",
    ),
    "longueur_absente": (411, "Longueur absente", "Dites combien d'octets vous envoyez : `Content-Length`."),
    "version_depassee": (
        412,
        "Condition non remplie",
        "La fiche n'est pas, ou plus, celle que `If-Match` ou `If-None-Match` demande : relisez-la.",
    ),
    "trop_gros": (413, "Corps trop gros", "Le corps dépasse un mébioctet."),
    "type_de_contenu": (
        415,
        "Type de contenu refusé",
        "Envoyez `Content-Type: application/json`, en UTF-8 et sans compression.",
    ),
    "validation": (
        422,
        "Contenu refusé",
        "Des champs sont à corriger : une raison par champ, avec la phrase de l'écran.",
    ),
    "lot_refuse": (
        422,
        "Lot refusé",
        "Le lot est « tout ou rien » et un élément est refusé : rien n'est écrit, `elements` dit pourquoi.",
    ),
    "cle_deja_prise": (
        422,
        "Clé déjà prise",
        "Cette `Idempotency-Key` a déjà servi à une autre demande : prenez-en une nouvelle.",
    ),
    "debit_depasse": (429, "Trop de requêtes", "Attendez le nombre de secondes de l'en-tête `Retry-After`."),
    "indisponible": (
        503,
        "Service indisponible",
        "La base de données ne répond pas : attendez les secondes que dit `Retry-After`.",
    ),
    "erreur_interne": (500, "Erreur du programme", "Signalez le numéro d'incident que la phrase contient."),
}


# A body of one mebibyte may contain 60,000 wrong names: a response describes the first reasons and counts the
# others.
RAISONS_AU_PLUS = 100


@dataclass(frozen=True)
class Raison:
    """One reason of a refusal: sentence, field or parameter to correct, code, and the record that blocks."""

    phrase: str
    champ: str | None = None
    code: str = "refuse"
    bloque: dict[str, Any] | None = None

    def en_json(self) -> dict[str, Any]:
        """Return the reason as a dict for the problem."""
        return {"champ": self.champ, "code": self.code, "phrase": self.phrase, "bloque": self.bloque}


class Probleme(exceptions.APIException):
    """An error of the API, with `code` one of CODES."""

    def __init__(self, code: str, phrase: str = "", raisons: Iterable[Raison] = (), **autres: Any) -> None:
        toutes = list(raisons)
        self.code, self.raisons, self.autres = code, toutes[:RAISONS_AU_PLUS], autres
        if len(toutes) > RAISONS_AU_PLUS:
            self.raisons.append(Raison(f"Et {len(toutes) - RAISONS_AU_PLUS} autres raisons.", None, "suite"))
        self.status_code, titre, explication = CODES[code]
        self.phrase = (
            phrase or " ".join(raison.phrase for raison in self.raisons) or explication.replace("`", "")
        )
        super().__init__(titre)

    def en_json(self) -> dict[str, Any]:
        """Return the body of the response as a dict."""
        return {
            "type": reverse("api_erreur", args=[self.code]),
            "title": CODES[self.code][1],
            "status": self.status_code,
            "code": self.code,
            "detail": self.phrase,
            "raisons": [raison.en_json() for raison in self.raisons],
            **self.autres,
        }
