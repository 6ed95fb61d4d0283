"""The tokens with which programs use the API: each belongs to an organisme and has a role there."""

import datetime as dt
import hashlib
from typing import Any, Self

import pghistory
from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from edof.champs import LigneField
from edof.horloge import aujourd_hui, maintenant
from edof.textes import valider_texte
from organismes.droits import Role
from organismes.models.organisme import AppartenantQuerySet, Organisme
from organismes.models.utilisateur import Utilisateur

MARQUE = "edof_"
CARACTERES_MONTRES = len(MARQUE) + 6
# How precisely the last use is noted: a busy program does not write at each request.
PRECISION_DE_L_USAGE = dt.timedelta(minutes=1)


def empreinte(secret: str) -> str:
    """What is kept of a secret: 64 hexadecimal digits of SHA-256, enough for what is drawn from 256 bits."""
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class JetonQuerySet(AppartenantQuerySet):
    """Tokens of an organisme."""

    def de_secret(self, secret: str) -> "Jeton | None":
        """The token whose secret this is, revoked and expired ones included; None when nobody ever made
        it.
        """
        return self.select_related("organisme").filter(empreinte=empreinte(secret)).first()

    def en_service(self) -> Self:
        """Those that open the API today."""
        return self.filter(
            Q(expire_le__isnull=True) | Q(expire_le__gte=aujourd_hui()), revoque_le__isnull=True
        )

    def revoquer(self, par: Utilisateur) -> int:
        """Close the API to these tokens, for ever; how many this very call closed."""
        with pghistory.context(operation="revoquer", origine="formulaire", utilisateur=par.pk):
            return self.filter(revoque_le__isnull=True).update(revoque_le=maintenant(), revoque_par=par)


# Neither the use of a token nor what recognises its secret is news of the organisme.
@pghistory.track(exclude=["empreinte", "dernier_usage_le"])
class Jeton(models.Model):
    """A token: its secret is shown when it is made and kept nowhere, only its SHA-256 is."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, related_name="jetons", verbose_name="organisme"
    )
    nom = LigneField("nom", max_length=60, validators=[valider_texte])
    role = models.CharField("rôle", max_length=20, choices=Role.choices, default=Role.LECTEUR)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True, editable=False)
    prefixe = models.CharField("début du jeton", max_length=CARACTERES_MONTRES, editable=False)
    expire_le = models.DateField("dernier jour de validité", null=True, blank=True)
    cree_par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="créé par"
    )
    cree_le = models.DateTimeField("créé le", default=maintenant, editable=False)
    dernier_usage_le = models.DateTimeField("dernier usage", null=True, editable=False)
    revoque_par = models.ForeignKey(
        Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+", verbose_name="révoqué par"
    )
    revoque_le = models.DateTimeField("révoqué le", null=True, editable=False)

    objects = JetonQuerySet.as_manager()

    # What the frameworks ask of whoever makes a request.
    is_authenticated = True
    is_anonymous = False
    is_superuser = False

    class Meta:
        verbose_name = "jeton d'API"
        verbose_name_plural = "jetons d'API"
        ordering = ["-cree_le", "-pk"]

    def __str__(self) -> str:
        return self.nom

    @staticmethod
    def secret_de(cle: str, par: Utilisateur, organisme: Organisme) -> str:
        """The secret that the form `cle` makes for this person: sent twice, it makes the same one. Only the
        program can compute it.
        """
        graine = f"{organisme.pk}:{par.pk}:{cle}"
        return MARQUE + salted_hmac("organismes.jeton", graine, algorithm="sha256").hexdigest()

    def confier(self, secret: str) -> None:
        """Keep what it takes to recognise `secret` and to name it, without saving."""
        self.empreinte, self.prefixe = empreinte(secret), secret[:CARACTERES_MONTRES]

    @property
    def expire(self) -> bool:
        """Whether its last day has passed."""
        return self.expire_le is not None and self.expire_le < aujourd_hui()

    @property
    def is_active(self) -> bool:
        """Whether it opens the API now."""
        return self.revoque_le is None and not self.expire

    @property
    def signature(self) -> dict[str, Any]:
        """How the history names it, for good: no person did it."""
        return {"jeton": self.pk, "nom_du_jeton": self.nom}

    def role_dans(self, organisme_id: int) -> str | None:
        """Its role in its own organisme, None in any other."""
        return self.role if organisme_id == self.organisme_id else None

    def noter_l_usage(self) -> None:
        """Remember when it was last used, to the minute."""
        instant = maintenant()
        if self.dernier_usage_le is None or instant - self.dernier_usage_le >= PRECISION_DE_L_USAGE:
            type(self).objects.filter(pk=self.pk).update(dernier_usage_le=instant)

    def revoquer(self, par: Utilisateur) -> bool:
        """Close the API to it, for ever; whether this very call did it."""
        return bool(type(self).objects.filter(pk=self.pk).revoquer(par))
