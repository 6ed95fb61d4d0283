"""Whoever runs a command on the server: it may write in every organisme, and the history says so."""

from typing import Any


class LigneDeCommande:
    """The author of what `manage.py` writes, which no account signs."""

    is_active = is_superuser = True

    @property
    def signature(self) -> dict[str, Any]:
        """Return the metadata that the history keeps: neither a person nor a token."""
        return {"commande": "importer"}

    def role_dans(self, organisme_id: int) -> str | None:
        """Return None: it is a member of no organisme."""
        return None


LIGNE_DE_COMMANDE = LigneDeCommande()
