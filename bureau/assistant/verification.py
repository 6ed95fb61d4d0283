"""The proof, carried by the page itself, that an identifier was verified (D-03)."""

import uuid
from typing import Any

from django.core import signing

from catalogue.models import Fiche
from organismes.espace import Requete
from organismes.validateurs import normaliser_identifiant

SEL = "identifiant-verifie"


class Verification:
    """A signed text: it names the level, the parent, the record being modified, the identifier, and a key.

    The key makes a second sending find the first one's result.
    """

    fiche: Fiche

    def _sujet(self, identifiant: str) -> list[Any]:
        fiche = self.fiche
        return [
            fiche._meta.model_name,
            getattr(fiche, f"{fiche.PARENT}_id"),
            fiche.pk or 0,
            normaliser_identifiant(identifiant),
        ]

    def _signer(self, identifiant: str) -> str:
        return signing.dumps([*self._sujet(identifiant), uuid.uuid4().hex], salt=SEL)

    def _preuve(self, request: Requete) -> str | None:
        """The key of creation when the page proves that its identifier was verified for this parent, else
        None.
        """
        identifiant = request.POST.get("identifiant", "")
        try:
            *verifie, cle = signing.loads(request.POST.get("verification", ""), salt=SEL)
        except (signing.BadSignature, ValueError):
            return None
        if verifie != self._sujet(identifiant):
            return None
        self.fiche.identifiant = identifiant.strip()
        return str(cle)
