"""Model of the API: the answers that are kept, so that a write asked for twice is done once."""

from django.db import models

from edof.horloge import maintenant
from organismes.models import Jeton


class ReponseGardee(models.Model):
    """The answer given to a write that had an `Idempotency-Key`.

    It is written in the transaction of the write: both are kept, or none.
    """

    jeton = models.ForeignKey(Jeton, on_delete=models.CASCADE, related_name="+", verbose_name="jeton")
    cle = models.CharField("clé", max_length=255)
    # SHA-256 of the method, the address and the body.
    empreinte = models.CharField("empreinte de la demande", max_length=64)
    statut = models.PositiveSmallIntegerField("statut")
    entetes = models.JSONField("en-têtes")
    corps = models.BinaryField("corps")
    creee_le = models.DateTimeField("gardée le", default=maintenant, db_index=True)

    class Meta:
        verbose_name = "réponse gardée"
        verbose_name_plural = "réponses gardées"
        constraints = [models.UniqueConstraint(fields=["jeton", "cle"], name="reponse_gardee_une_par_cle")]

    def __str__(self) -> str:
        return self.cle
