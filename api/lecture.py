"""Reading what a client sends: JSON and nothing else, exact numbers, and no text that could not be stored."""

import json
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser

from edof.problemes import Probleme


class LecteurJSON(BaseParser):
    """A JSON object in UTF-8; amounts stay decimal."""

    media_type = "application/json"

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """The object, empty for an empty body; Probleme for anything else."""
        octets = stream.read(settings.API_OCTETS_AU_PLUS + 1)
        if len(octets) > settings.API_OCTETS_AU_PLUS:
            raise Probleme("trop_gros")
        if not octets.strip():
            return {}
        try:
            texte = octets.decode("utf-8")
            lu = json.loads(
                texte, parse_float=Decimal, parse_constant=_refuser, object_pairs_hook=_sans_double
            )
            # « \ud800 » alone is an escape that no text can hold: it could not even be said back.
            json.dumps(lu, ensure_ascii=False, default=str).encode("utf-8")
        except (ValueError, RecursionError) as erreur:
            raise Probleme("requete_illisible") from erreur
        if not isinstance(lu, dict):
            raise Probleme(
                "requete_illisible", "Le corps doit être un objet JSON : il commence par { et finit par }."
            )
        return lu


def _sans_double(paires: list[tuple[str, Any]]) -> dict[str, Any]:
    """The object; a key written twice is refused, for nobody knows which value was meant (as in proofs)."""
    lu = dict(paires)
    if len(lu) < len(paires):
        noms = [nom for nom, _ in paires]
        double = next(nom for rang, nom in enumerate(noms) if nom in noms[:rang])
        raise Probleme("requete_illisible", f"La clé « {double[:60]} » est écrite deux fois.")
    return lu


def _refuser(constante: str) -> NoReturn:
    raise ValueError(constante)
