"""An e-mail that is to leave: a row, so that neither a restart nor a mail server that is away loses it."""

import datetime as dt
from typing import Self

from django.core.mail import EmailMessage
from django.db import models
from django.db.models import F

from edof.horloge import maintenant

# How long after each failure it is tried again; after the last, it is given up.
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))


class CourrielQuerySet(models.QuerySet):
    """E-mails, by what is to be done of them."""

    def a_envoyer(self) -> Self:
        """Those whose time has come, the oldest first."""
        return self.filter(prochain_essai_le__lte=maintenant()).order_by("prochain_essai_le", "pk")

    def abandonnes(self) -> Self:
        """Those that nobody tries any more."""
        return self.filter(prochain_essai_le__isnull=True)


class Courriel(models.Model):
    """Deleted once it has left, for it may hold a link that opens an account; given up, it keeps no text."""

    # Empty: nothing leaves, and whoever asked waited for as long (an account that does not exist).
    a = models.CharField("destinataire", max_length=254, blank=True)
    # Without a limit: it may hold the names of a person and of an organisme.
    objet = models.TextField("objet")
    corps = models.TextField("texte", blank=True)
    cree_le = models.DateTimeField("demandé le", default=maintenant, editable=False)
    essais = models.PositiveSmallIntegerField("essais", default=0)
    prochain_essai_le = models.DateTimeField(
        "prochain essai le", default=maintenant, null=True, db_index=True
    )
    echec = models.CharField("dernier échec", max_length=255, blank=True)

    objects = CourrielQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "courriel à envoyer", "courriels à envoyer"
        ordering = (F("prochain_essai_le").asc(nulls_last=True), "pk")

    def __str__(self) -> str:
        return f"{self.objet} ({self.a})"

    def message(self) -> EmailMessage:
        """What is sent."""
        return EmailMessage(self.objet, self.corps, to=[self.a])

    def remettre(self, echec: str) -> None:
        """It did not leave: it will be tried again after a pause, or is given up, and its text forgotten."""
        self.echec, self.essais = echec, self.essais + 1
        if self.essais <= len(PAUSES):
            self.prochain_essai_le = maintenant() + PAUSES[self.essais - 1]
        else:
            self.prochain_essai_le, self.corps = None, ""
        self.save()
