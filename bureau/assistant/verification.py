"""Proof, carried by the page itself, that an identifier was verified (D-03)."""

import uuid
from typing import Any

from django.core import signing

from catalogue.models import Fiche
from organismes.espace import Requete
from organismes.validateurs import normaliser_identifiant

SEL = "identifiant-verifie"


class Verification:
    """Mixin of the wizard that signs and reads the proof that an identifier was verified.

    The proof is a signed text. It contains the level, the parent, the record being modified, the identifier
    and a key. Thanks to the key, a form submitted twice gets the result of the first submission.
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
        """Return the creation key of the proof, or None when the proof is not valid.

        The proof is valid when the identifier was verified for this level, this parent and this record. The
        identifier is then set on the record.
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
