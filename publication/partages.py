"""« Aperçu à partager »: a link to an action as the public will read it on a chosen day, without account.

The secret of the link is shown once; only its SHA-256 is stored. The link expires and can be revoked.
"""

import datetime as dt
from typing import Any, Self

from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from catalogue.models import Action
from edof.champs import LigneField
from edof.conservation import APERCUS
from edof.horloge import aujourd_hui, maintenant
from edof.textes import valider_texte
from organismes.models import HORS_DES_BACS_A_SABLE, Organisme, Utilisateur
from organismes.models.jeton import empreinte
from organismes.models.organisme import AppartenantQuerySet

# For how many days a link can be given.
DUREES = (7, 30, 90)


class PartageQuerySet(AppartenantQuerySet):
    """Links to a preview."""

    def en_service(self) -> Self:
        """Return the links that open today."""
        ouverts = Q(revoque_le__isnull=True, expire_le__gte=aujourd_hui(), organisme__suspendu=False)
        return self.filter(ouverts, HORS_DES_BACS_A_SABLE)

    def perimes(self) -> Self:
        """Return the links that stopped opening long ago."""
        return self.filter(expire_le__lt=aujourd_hui() - APERCUS.duree)

    def de_secret(self, secret: str) -> "Partage | None":
        """Return the link that this secret opens today, or None."""
        ouverts: Any = self.en_service().select_related("organisme")
        return ouverts.filter(empreinte=empreinte(secret)).first()


class Partage(models.Model):
    """A link to the preview of one action."""

    organisme = models.ForeignKey(Organisme, on_delete=models.CASCADE, related_name="partages")
    # Without constraint, as for the parutions: nothing of a link keeps a record from being deleted.
    action = models.ForeignKey(
        "catalogue.Action", on_delete=models.DO_NOTHING, db_constraint=False, related_name="partages"
    )
    pour = LigneField("pour qui", max_length=60, blank=True, validators=[valider_texte])
    jour = models.DateField("jour montré")
    avec_validees = models.BooleanField("avec les sessions validées, pas encore ouvertes", default=False)
    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True, editable=False)
    cree_par = models.ForeignKey(Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+")
    cree_le = models.DateTimeField("créé le", default=maintenant, editable=False)
    expire_le = models.DateField("dernier jour de validité")
    revoque_par = models.ForeignKey(Utilisateur, on_delete=models.SET_NULL, null=True, related_name="+")
    revoque_le = models.DateTimeField("révoqué le", null=True, editable=False)

    objects = PartageQuerySet.as_manager()

    class Meta:
        verbose_name = "aperçu partagé"
        verbose_name_plural = "aperçus partagés"
        ordering = ["-cree_le", "-pk"]

    def __str__(self) -> str:
        return self.pour or f"aperçu du {self.jour:%d/%m/%Y}"

    @staticmethod
    def secret_de(cle: str, par: Utilisateur, action: Action) -> str:
        """Return the secret that the form `cle` makes for this person: a second submission makes the same."""
        graine = f"{action.pk}:{par.pk}:{cle}"
        return salted_hmac("publication.partage", graine, algorithm="sha256").hexdigest()

    @property
    def jour_lu(self) -> dt.date:
        """Return the day that is shown: today once the chosen day has passed."""
        return max(self.jour, aujourd_hui())

    def revoquer(self, par: Utilisateur) -> bool:
        """Close this link for good; return whether this call did it."""
        ouverts = type(self).objects.filter(pk=self.pk, revoque_le__isnull=True)
        return bool(ouverts.update(revoque_le=maintenant(), revoque_par=par))
