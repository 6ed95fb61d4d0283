"""Models of the register of the runs: that of all, and those of the sandboxes, which live by other clocks."""

from typing import Self

from django.db import models

from edof.horloge import maintenant
from organismes.models import Organisme


class PassageQuerySet(models.QuerySet):
    """A queryset of runs."""

    def finis(self) -> Self:
        """Return the runs that have ended, latest first."""
        return self.filter(termine_le__isnull=False).order_by("-jour")


class UnPassage(models.Model):
    """What is common to the rows of the register and to those of sandboxes: the run of one day."""

    jour = models.DateField("jour publié")
    commence_le = models.DateTimeField("commencé le", default=maintenant)
    termine_le = models.DateTimeField("terminé le", null=True)
    par = models.CharField("lancé par", max_length=100)
    parues = models.PositiveIntegerField("parues", default=0)
    modifiees = models.PositiveIntegerField("modifiées", default=0)
    retirees = models.PositiveIntegerField("retirées", default=0)
    # Open sessions that the public does not see after this run, counted by the first condition they fail:
    # {slug: number}.
    retenues = models.JSONField("retenues", default=dict)
    # Progress: number of sessions to examine, number examined, and key of the last one. A run that was killed
    # resumes from that key.
    a_traiter = models.PositiveIntegerField("à traiter", default=0)
    traitees = models.PositiveIntegerField("traitées", default=0)
    derniere = models.BigIntegerField("dernière traitée", default=0, editable=False)
    erreurs = models.PositiveIntegerField("en erreur", default=0)
    # Digest of the rules and of the list of copied fields. When they change with a new version, everything is
    # examined again.
    empreinte_des_regles = models.CharField("empreinte des règles", max_length=64, blank=True, editable=False)

    objects = PassageQuerySet.as_manager()

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"Publication du {self.jour:%d/%m/%Y}"


class Passage(UnPassage):
    """A row of the register: the run of one day (D-22)."""

    jour = models.DateField("jour publié", unique=True)

    class Meta:
        verbose_name = "passage"
        verbose_name_plural = "passages du registre"
        ordering = ["-jour"]


class PassageDeBac(UnPassage):
    """A row of the register of a sandbox: the run of one of its days, by its own clock."""

    organisme = models.ForeignKey(
        Organisme, on_delete=models.CASCADE, db_index=False, related_name="passages", verbose_name="organisme"
    )

    class Meta:
        verbose_name = "passage d'un bac à sable"
        verbose_name_plural = "passages des bacs à sable"
        ordering = ["-jour"]
        constraints = [
            models.UniqueConstraint(fields=["organisme", "jour"], name="passage_de_bac_un_par_jour")
        ]


def registre(organisme: Organisme | None) -> PassageQuerySet:
    """Return the register of the runs that publish this organisme: its own when it is a sandbox."""
    if organisme is not None and organisme.bac_a_sable:
        return PassageDeBac.objects.filter(organisme=organisme)
    return Passage.objects.all()
