"""The digests of a person: one row for each day on which one was due, so that none is sent twice."""

from django.db import models

from edof.horloge import maintenant
from organismes.models.utilisateur import Utilisateur


class Bulletin(models.Model):
    """The digest of a person for a day.

    Its row is written in the transaction that puts the e-mail in the queue, so that both exist or neither.
    """

    utilisateur = models.ForeignKey(
        Utilisateur, on_delete=models.CASCADE, db_index=False, related_name="bulletins"
    )
    jour = models.DateField("jour")
    # False when there was nothing to say: nothing was sent.
    envoye = models.BooleanField("envoyé")
    cree_le = models.DateTimeField("composé le", default=maintenant, editable=False)

    class Meta:
        verbose_name, verbose_name_plural = "bulletin", "bulletins"
        constraints = [models.UniqueConstraint(fields=["utilisateur", "jour"], name="bulletin_un_par_jour")]
        ordering = ("-jour", "utilisateur")

    def __str__(self) -> str:
        return f"{self.utilisateur_id}, {self.jour}"
