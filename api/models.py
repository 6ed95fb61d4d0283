"""Models of the API: the answers that are kept, and the rates of requests."""

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


class Compteur(models.Model):
    """How far a token, an organisme or an address has spent its rate of requests.

    The table is not logged: a crash of the database empties it, and a request waits for no disk.
    """

    cle = models.CharField("qui", max_length=80, primary_key=True)
    # When nothing will be spent any more, and the seconds that the rate counts.
    libre_le = models.DateTimeField("libre le", db_index=True)
    fenetre = models.FloatField("fenêtre")

    class Meta:
        verbose_name = "débit"
        verbose_name_plural = "débits"

    def __str__(self) -> str:
        return self.cle
