"""Invitations: an address, a role in an organisme, and the hash of the secret of the link that was sent."""

import datetime as dt
import hashlib
import secrets

import pghistory
from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from edof.horloge import maintenant
from edof.lecture import sans_invisibles
from organismes.droits import Role
from organismes.models.coordonnees import CourrielField
from organismes.models.organisme import AppartenantQuerySet, Organisme

VALIDITE = dt.timedelta(days=7)


class InvitationQuerySet(AppartenantQuerySet):
    """A queryset of invitations that have not been accepted yet."""

    def du_jeton(self, jeton: str) -> "InvitationQuerySet":
        """Return the invitation of this link, if it has not expired."""
        return self.filter(empreinte=_empreinte(jeton), expire_le__gt=maintenant())


# Excluded from the history: the fields that only the sending changes, and the secret.
@pghistory.track(exclude=["empreinte", "envoyee_le", "echec"])
class Invitation(models.Model):
    """An invitation to join an organisme, for the person who reads the mail of this address.

    It is deleted when it is accepted or cancelled: a link can be used once.
    """

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="invitations", verbose_name="organisme"
    )
    courriel = CourrielField("adresse e-mail", max_length=160)
    role = models.CharField("rôle", max_length=20, choices=Role.choices, default=Role.LECTEUR)
    par = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="invitations_faites",
        verbose_name="invitée par",
    )
    faite_le = models.DateTimeField("faite le", default=maintenant, editable=False)
    expire_le = models.DateTimeField("expire le", editable=False)
    empreinte = models.CharField("empreinte du jeton", max_length=64, unique=True, editable=False)
    envoyee_le = models.DateTimeField("envoyée le", null=True, editable=False)
    echec = models.CharField("échec de l'envoi", max_length=200, blank=True, editable=False)

    objects = InvitationQuerySet.as_manager()

    class Meta:
        verbose_name = "invitation"
        verbose_name_plural = "invitations"
        ordering = ["-faite_le", "-pk"]
        constraints = [models.UniqueConstraint(Lower("courriel"), "organisme", name="invitation_unique")]

    def __str__(self) -> str:
        return f"{self.courriel} ({self.get_role_display()})"

    @property
    def est_expiree(self) -> bool:
        """Return whether its link has expired."""
        return self.expire_le <= maintenant()

    @property
    def vient_de_partir(self) -> bool:
        """Return whether its e-mail was sent, or is being sent, less than a minute ago.

        Another e-mail would only make that link invalid.
        """
        recente = self.pk is not None and maintenant() - self.faite_le < dt.timedelta(minutes=1)
        return recente and not self.echec

    def tirer_un_jeton(self) -> str:
        """Replace the secret with a new one, valid for seven days, and return it; only its hash is kept."""
        jeton = secrets.token_urlsafe(32)
        self.empreinte = _empreinte(jeton)
        self.faite_le = maintenant()
        self.expire_le = self.faite_le + VALIDITE
        self.envoyee_le, self.echec = None, ""
        return jeton


def _empreinte(jeton: str) -> str:
    return hashlib.sha256(sans_invisibles(jeton).strip().encode("utf-8", "surrogatepass")).hexdigest()
