"""The secret links by which a member reads the sessions of an organisme in a calendar of their own."""

from typing import Self

from django.db import models
from django.db.models import Q
from django.utils.crypto import salted_hmac

from edof.horloge import maintenant
from organismes.models.jeton import empreinte
from organismes.models.utilisateur import Membre


class LienDAgendaQuerySet(models.QuerySet["LienDAgenda"]):
    """A queryset of links."""

    def en_service(self) -> Self:
        """Return the links that give access: not revoked, of a member whose account is active."""
        return self.filter(revoque_le__isnull=True, membre__utilisateur__is_active=True)

    def de_secret(self, secret: str) -> "LienDAgenda | None":
        """Return the link in service with this secret, with its member and organisme, or None."""
        liens = self.en_service().select_related("membre__organisme")
        return liens.filter(empreinte=empreinte(secret)).first()

    def revoquer(self) -> int:
        """Revoke these links permanently; return how many were revoked by this call."""
        return self.filter(revoque_le__isnull=True).update(revoque_le=maintenant())


class LienDAgenda(models.Model):
    """A link, which goes with its member. Its secret is shown once; only its SHA-256 is stored.

    A revoked link keeps its row, so that the form that made it, sent again, does not bring it back.
    """

    membre = models.ForeignKey(
        Membre, on_delete=models.CASCADE, related_name="liens_d_agenda", verbose_name="membre"
    )
    empreinte = models.CharField("empreinte SHA-256", max_length=64, unique=True, editable=False)
    cree_le = models.DateTimeField("créé le", default=maintenant, editable=False)
    revoque_le = models.DateTimeField("révoqué le", null=True, editable=False)

    objects = LienDAgendaQuerySet.as_manager()

    class Meta:
        verbose_name = "lien d'agenda"
        verbose_name_plural = "liens d'agenda"
        constraints = [
            models.UniqueConstraint(
                fields=["membre"], condition=Q(revoque_le__isnull=True), name="lien_d_agenda_un_par_membre"
            )
        ]

    def __str__(self) -> str:
        return self.empreinte[:12]

    @staticmethod
    def secret_de(cle: str, membre: Membre) -> str:
        """Return the secret that the form `cle` makes for this member.

        A second submission makes the same secret. Only the program can compute it.
        """
        return salted_hmac("organismes.agenda", f"{membre.pk}:{cle}", algorithm="sha256").hexdigest()
