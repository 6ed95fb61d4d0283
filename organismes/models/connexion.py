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
    # Written when the sign-in begins, then every quarter of an hour (organismes/duree.py).
    vue_le = models.DateTimeField("vue le", null=True, editable=False)
    adresse = models.CharField("adresse IP", max_length=45, blank=True, editable=False)
    navigateur = models.CharField("navigateur", max_length=300, blank=True, editable=False)

    class Meta:
        verbose_name = "connexion"
        verbose_name_plural = "connexions"

    @classmethod
    def get_session_store_class(cls) -> "type[SessionStore]":
        """Return the engine that reads and writes these sessions."""
        from organismes.connexion import SessionStore

        return SessionStore
