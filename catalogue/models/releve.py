"""When the registers of certifications were read: one row for each import."""

from django.db import models

from edof.horloge import maintenant


class Releve(models.Model):
    """A reading of the export of France compétences, by whatever door; written with what it changed."""

    lu_le = models.DateTimeField("lu le", default=maintenant, db_index=True, editable=False)
    # Where the archive came from: the name of a file, or the address of the operator.
    source = models.CharField("source", max_length=300, blank=True, editable=False)
    bilan = models.TextField("bilan", editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "relevé des registres", "relevés des registres"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.lu_le:%d/%m/%Y %H:%M}"
