"""Parser of the request bodies: only JSON, exact numbers, and no text that cannot be stored."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, NoReturn

from django.conf import settings
from rest_framework.parsers import BaseParser

from edof.problemes import Probleme

_MORCEAU = 64 * 1024


class LecteurJSON(BaseParser):
    """A parser of JSON objects in UTF-8; decimal numbers stay exact (Decimal)."""

    media_type = "application/json"
    octets_au_plus = settings.API_OCTETS_AU_PLUS
    # What is said of a larger body, when it is not what the problem says by itself.
    trop_gros = ""

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """Return the object, which is empty for an empty body.

        Raises Probleme for anything else.
        """
        octets = stream.read(self.octets_au_plus + 1)
        if len(octets) > self.octets_au_plus:
            raise Probleme("trop_gros", self.trop_gros)
        if not octets.strip():
            return {}
        try:
            # What Windows puts before a text in UTF-8 says nothing.
            texte = octets.decode("utf-8-sig")
            lu = json.loads(
                texte, parse_float=Decimal, parse_constant=_refuser, object_pairs_hook=_sans_double
            )
            # A lone "\ud800" is a JSON escape that no text can contain: it could not even be sent back in the
            # response.
            json.dumps(lu, ensure_ascii=False, default=str).encode("utf-8")
        except (ValueError, RecursionError) as erreur:
            raise Probleme("requete_illisible", _ou_est_la_faute(erreur)) from erreur
        if not isinstance(lu, dict):
            raise Probleme(
                "requete_illisible", "Le corps doit être un objet JSON : il commence par { et finit par }."
            )
        return lu


class LecteurDeFichier(BaseParser):
    """A parser that gives the body as it is, in pieces: what an import reads."""

    octets_au_plus = 100_000_000

    def parse(
        self, stream: Any, media_type: str | None = None, parser_context: dict[str, Any] | None = None
    ) -> Any:
        """Return an iterator of bytes, read once; it raises Probleme when there are too many."""
        return self._morceaux(stream)

    def _morceaux(self, flux: Any) -> Iterator[bytes]:
        lus = 0
        while flux is not None and (morceau := flux.read(_MORCEAU)):
            lus += len(morceau)
            if lus > self.octets_au_plus:
                raise Probleme("trop_gros", "Un import pèse 100 Mo au plus.")
            yield morceau


def _ou_est_la_faute(erreur: Exception) -> str:
    """Return where a body stops being JSON; an empty text when nobody can say."""
    match erreur:
        case json.JSONDecodeError():
            ou = f"ligne {erreur.lineno}, colonne {erreur.colno}"
            return f"Le corps n'est pas du JSON lisible : voyez la {ou}."
        case UnicodeDecodeError():
            return f"Le corps n'est pas en UTF-8 : voyez l'octet {erreur.start + 1}."
        case ConstanteInterdite():
            return f"{erreur} n'est pas du JSON : écrivez un nombre ou null."
        case RecursionError():
            return "Le corps a trop de niveaux les uns dans les autres."
    return ""


class ConstanteInterdite(ValueError):
    """The error raised for NaN or Infinity, which some libraries write; its text is the constant."""


def _sans_double(paires: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object; raise Probleme for a duplicate key.

    Nobody knows which value was meant. Proofs of parution follow the same rule.
    """
    lu = dict(paires)
    if len(lu) < len(paires):
        noms = [nom for nom, _ in paires]
        double = next(nom for rang, nom in enumerate(noms) if nom in noms[:rang])
        raise Probleme("requete_illisible", f"La clé « {double[:60]} » est écrite deux fois.")
    return lu


def _refuser(constante: str) -> NoReturn:
    raise ConstanteInterdite(constante)
