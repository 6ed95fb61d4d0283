"""The queue of e-mails: each is a row, so that neither a restart nor an unreachable mail server loses it."""

import datetime as dt
from typing import Self

from django.core.mail import EmailMessage
from django.db import models
from django.db.models import F

from edof.horloge import maintenant_pour_tous

# Pause before each new attempt; after the last one, the e-mail is abandoned.
PAUSES = tuple(dt.timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 720))


class CourrielQuerySet(models.QuerySet):
    """A queryset of e-mails in the queue."""

    def a_envoyer(self) -> Self:
        """Return the e-mails that are due, the oldest first."""
        return self.filter(prochain_essai_le__lte=maintenant_pour_tous()).order_by("prochain_essai_le", "pk")

    def abandonnes(self) -> Self:
        """Return the abandoned e-mails."""
        return self.filter(prochain_essai_le__isnull=True)


class Courriel(models.Model):
    """An e-mail in the queue.

    It is deleted once sent, because it may contain a link that opens an account. Once abandoned, its text is
    erased.
    """

    # Empty: nothing is sent, but the request took as long as for an account that exists.
    a = models.CharField("destinataire", max_length=254, blank=True)
    # Without a limit: it may contain the names of a person and of an organisme.
    objet = models.TextField("objet")
    corps = models.TextField("texte", blank=True)
    # Headers beside those that every e-mail has.
    entetes = models.JSONField("en-têtes", default=dict, blank=True)
    cree_le = models.DateTimeField("demandé le", default=maintenant_pour_tous, editable=False)
    essais = models.PositiveSmallIntegerField("essais", default=0)
    prochain_essai_le = models.DateTimeField(
        "prochain essai le", default=maintenant_pour_tous, null=True, db_index=True
    )
    echec = models.CharField("dernier échec", max_length=255, blank=True)

    objects = CourrielQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "courriel à envoyer", "courriels à envoyer"
        ordering = (F("prochain_essai_le").asc(nulls_last=True), "pk")

    def __str__(self) -> str:
        return f"{self.objet} ({self.a})"

    def message(self) -> EmailMessage:
        """Return the e-mail to send."""
        return EmailMessage(self.objet, self.corps, to=[self.a], headers=self.entetes)

    def remettre(self, echec: str) -> None:
        """Record a failure: schedule a new attempt, or abandon the e-mail and erase its text."""
        self.echec, self.essais = echec, self.essais + 1
        if self.essais <= len(PAUSES):
            self.prochain_essai_le = maintenant_pour_tous() + PAUSES[self.essais - 1]
        else:
            self.prochain_essai_le, self.corps, self.entetes = None, "", {}
        self.save()
