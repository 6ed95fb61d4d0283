"""Model of the change feed: what changed, as statements wrote it."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models

from organismes.models import Organisme
from organismes.models.organisme import AppartenantQuerySet


class Trace(models.Model):
    """What one statement did to records of one organisme, or what one set of a run did to its sessions.

    One row for many records, which `publication.fil` reads as one change each. `numero` is the place in the
    feed of the organisme: null until somebody reads the feed.
    """

    class Nature(models.TextChoices):
        """What happened to these records; the last four are facts of a run."""

        CREATION = "creation", "création"
        MODIFICATION = "modification", "modification"
        SUPPRESSION = "suppression", "suppression"
        PARUE = "parue", "parue"
        MODIFIEE = "modifiee", "modifiée"
        RETIREE = "retiree", "retirée"
        RETENUE = "retenue", "retenue"

    # Without database constraint, as for the parutions: what is written must lock nothing.
    organisme = models.ForeignKey(
        Organisme, on_delete=models.DO_NOTHING, db_constraint=False, db_index=False, related_name="+"
    )
    numero = models.BigIntegerField("numéro", null=True)
    instant = models.DateTimeField("instant")
    niveau = models.CharField("niveau", max_length=10)
    nature = models.CharField("nature", max_length=12, choices=Nature)
    # The context of the history; null for a run.
    contexte = models.UUIDField("contexte", null=True)
    # For a run: its day, and why the sessions were held back.
    jour = models.DateField("jour publié", null=True)
    raison = models.CharField("raison", max_length=40, blank=True)
    fiches = ArrayField(models.BigIntegerField(), verbose_name="clés")
    versions = ArrayField(models.IntegerField(), verbose_name="versions", null=True)

    objects = AppartenantQuerySet.as_manager()

    class Meta:
        verbose_name = "trace"
        verbose_name_plural = "traces"
        constraints = [
            models.UniqueConstraint(fields=["organisme", "numero"], name="trace_une_par_numero"),
        ]
        # The instants come in order: this index costs next to nothing, and finds what is to be forgotten.
        indexes = [BrinIndex(fields=["instant"], name="trace_par_instant")]

    def __str__(self) -> str:
        return f"{self.niveau} : {self.nature}"
