"""The sign-in sessions of browsers, with the user of each."""

from typing import TYPE_CHECKING

from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models

from organismes.models.utilisateur import Utilisateur

if TYPE_CHECKING:
    from organismes.connexion import SessionStore


class Connexion(AbstractBaseSession):
    """A session as Django stores it, and its user: both are read in one query."""

    utilisateur = models.ForeignKey(
        Utilisateur,
        on_delete=models.CASCADE,
        null=True,
        related_name="connexions",
        verbose_name="utilisateur",
    )

    class Meta:
        verbose_name = "connexion"
        verbose_name_plural = "connexions"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """Return the engine that reads and writes these sessions."""
        from organismes.connexion import SessionStore

        return SessionStore
