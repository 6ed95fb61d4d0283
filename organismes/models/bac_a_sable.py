"""A sandbox: an organisme where one tries things, by a clock of its own, and of which nothing is public."""

import datetime as dt

from django.db import models

from edof.horloge import jour_pour_tous, maintenant_pour_tous
from organismes.models.organisme import Organisme
from organismes.models.utilisateur import Utilisateur

# How far ahead the clock of a sandbox may be.
AVANCE_AU_PLUS = 366


class BacASable(models.Model):
    """The clock of a sandbox, and whose it is: a person has one at most."""

    organisme = models.OneToOneField(
        Organisme, on_delete=models.CASCADE, related_name="bac", verbose_name="organisme"
    )
    proprietaire = models.OneToOneField(
        Utilisateur, on_delete=models.CASCADE, related_name="bac_a_sable", verbose_name="propriétaire"
    )
    jours_d_avance = models.PositiveSmallIntegerField("jours d'avance", default=0)
    cree_le = models.DateTimeField("créé le", default=maintenant_pour_tous)
    utilise_le = models.DateField("dernier jour d'usage", default=jour_pour_tous)

    class Meta:
        verbose_name = "bac à sable"
        verbose_name_plural = "bacs à sable"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(jours_d_avance__lte=AVANCE_AU_PLUS), name="bac_a_sable_avance_bornee"
            ),
        ]

    def __str__(self) -> str:
        return str(self.organisme)

    @property
    def jour(self) -> dt.date:
        """Return the current day by its clock."""
        return self.dans(0)

    @property
    def reste(self) -> int:
        """Return by how many days its clock can still be put forward."""
        return AVANCE_AU_PLUS - self.jours_d_avance

    def dans(self, jours: int) -> dt.date:
        """Return the day that its clock will show once it is put so many days forward."""
        return (maintenant_pour_tous() + dt.timedelta(days=self.jours_d_avance + jours)).date()
